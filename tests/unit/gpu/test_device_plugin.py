"""The device plugin against a kubelet that knows just the registration."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc
import pytest

from conformance.gpu import device_plugin_pb2 as api
from conformance.gpu.device_plugin import DevicePlugin, main
from conformance.gpu.devices import Device, set_health, write_state

GPU = "nvidia.com/gpu"
PATIENCE_S = 20


class Kubelet:
    """Registers plugins on kubelet.sock and hands each registration to `registered`."""

    def __init__(self, socket_dir):
        self.socket_dir = socket_dir
        self.socket = socket_dir / "kubelet.sock"
        self.registrations = asyncio.Queue()
        self.refusing = False
        self.server = None

    async def start(self):
        for left in self.socket_dir.iterdir():  # as the kubelet does
            left.unlink()
        self.server = grpc.aio.server()
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("v1beta1.Registration", {
            "Register": grpc.unary_unary_rpc_method_handler(
                self._register, api.RegisterRequest.FromString, api.Empty.SerializeToString)}),))
        self.server.add_insecure_port(f"unix:{self.socket}")
        await self.server.start()

    async def stop(self):
        await self.server.stop(grace=0)

    async def _register(self, request, context):
        await self.registrations.put(request)
        if self.refusing:
            await context.abort(grpc.StatusCode.UNKNOWN, "not today")
        return api.Empty()

    async def registration(self):
        return await asyncio.wait_for(self.registrations.get(), PATIENCE_S)


class Client:
    """What the kubelet asks a plugin."""

    def __init__(self, channel):
        self.channel = channel

    def watch(self):
        return self.channel.unary_stream("/v1beta1.DevicePlugin/ListAndWatch",
                                         request_serializer=api.Empty.SerializeToString,
                                         response_deserializer=api.ListAndWatchResponse.FromString)(api.Empty())

    async def allocate(self, *containers):
        ask = self.channel.unary_unary("/v1beta1.DevicePlugin/Allocate",
                                       request_serializer=api.AllocateRequest.SerializeToString,
                                       response_deserializer=api.AllocateResponse.FromString)
        return await ask(api.AllocateRequest(container_requests=[
            api.ContainerAllocateRequest(devices_ids=ids) for ids in containers]))


def health(response):
    return {device.ID: device.health for device in response.devices}


async def next_of(call):
    return health(await asyncio.wait_for(call.read(), PATIENCE_S))


@pytest.fixture
def place():
    # A socket's path has at most 107 characters, which pytest's own folders may exceed.
    with tempfile.TemporaryDirectory(prefix="st-") as folder:
        (Path(folder) / "sockets").mkdir()
        yield Path(folder)


@contextlib.asynccontextmanager
async def playing(place):
    """A kubelet and a plugin that plays `gpus.json`."""
    kubelet = Kubelet(place / "sockets")
    await kubelet.start()
    stop = asyncio.Event()
    plugin = asyncio.create_task(DevicePlugin(place / "sockets", place / "gpus.json").run(stop))
    try:
        yield kubelet
    finally:
        stop.set()
        await asyncio.wait_for(plugin, PATIENCE_S)
        await kubelet.stop()


@contextlib.asynccontextmanager
async def talking_to(kubelet, registration):
    async with grpc.aio.insecure_channel(f"unix:{kubelet.socket_dir / registration.endpoint}") as channel:
        yield Client(channel)


def two_gpus(place):
    write_state(place / "gpus.json", {GPU: [Device(id="GPU-a"), Device(id="GPU-b")]})


def test_the_plugin_registers_and_lists_its_devices(place):
    two_gpus(place)

    async def story():
        async with playing(place) as kubelet:
            said = await kubelet.registration()
            assert (said.version, said.resource_name) == ("v1beta1", GPU)
            async with talking_to(kubelet, said) as plugin:
                assert await next_of(plugin.watch()) == {"GPU-a": "Healthy", "GPU-b": "Healthy"}
        assert [left.name for left in kubelet.socket_dir.iterdir()] == []

    asyncio.run(story())


def test_a_device_can_be_made_unhealthy_added_and_taken_away(place):
    two_gpus(place)

    async def story():
        async with playing(place) as kubelet, talking_to(kubelet, await kubelet.registration()) as plugin:
            watch = plugin.watch()
            await next_of(watch)
            set_health(place / "gpus.json", "GPU-b", healthy=False)
            assert await next_of(watch) == {"GPU-a": "Healthy", "GPU-b": "Unhealthy"}
            set_health(place / "gpus.json", "GPU-b", healthy=True)
            assert await next_of(watch) == {"GPU-a": "Healthy", "GPU-b": "Healthy"}
            write_state(place / "gpus.json", {GPU: [Device(id="GPU-c")]})
            assert await next_of(watch) == {"GPU-c": "Healthy"}
            write_state(place / "gpus.json", {})
            assert await next_of(watch) == {}

    asyncio.run(story())


def test_a_damaged_state_file_takes_no_device_away(place, capsys):
    two_gpus(place)

    async def story():
        async with playing(place) as kubelet, talking_to(kubelet, await kubelet.registration()) as plugin:
            watch = plugin.watch()
            await next_of(watch)
            (place / "gpus.json").write_text("{")
            while not (complaint := capsys.readouterr().err):
                await asyncio.sleep(0)
            assert "gpus.json is not understood" in complaint
            write_state(place / "gpus.json", {GPU: [Device(id="GPU-z")]})
            assert await next_of(watch) == {"GPU-z": "Healthy"}

    asyncio.run(story())


def test_an_allocation_is_visible_in_each_container(place):
    two_gpus(place)

    async def story():
        async with playing(place) as kubelet, talking_to(kubelet, await kubelet.registration()) as plugin:
            answer = await plugin.allocate(["GPU-b", "GPU-a"], [])
            assert [dict(container.envs) for container in answer.container_responses] == [
                {"NVIDIA_VISIBLE_DEVICES": "GPU-b,GPU-a"}, {"NVIDIA_VISIBLE_DEVICES": ""}]

    asyncio.run(story())


def test_a_share_of_a_device_shows_the_whole_device_once(place):
    write_state(place / "gpus.json", {GPU: [Device(id=f"GPU-{one}::{share}") for one in "ab" for share in range(2)]})

    async def story():
        async with playing(place) as kubelet, talking_to(kubelet, await kubelet.registration()) as plugin:
            answer = await plugin.allocate(["GPU-b::1", "GPU-a::0", "GPU-b::0"])
            assert dict(answer.container_responses[0].envs) == {"NVIDIA_VISIBLE_DEVICES": "GPU-b,GPU-a"}

    asyncio.run(story())


@pytest.mark.parametrize(("wanted", "code", "text"), [
    ("GPU-x", grpc.StatusCode.NOT_FOUND, "nvidia.com/gpu: no device GPU-x"),
    ("GPU-b", grpc.StatusCode.FAILED_PRECONDITION, "nvidia.com/gpu: device GPU-b is unhealthy"),
])
def test_a_device_that_is_not_there_or_not_well_is_not_allocated(place, wanted, code, text):
    write_state(place / "gpus.json", {GPU: [Device(id="GPU-a"), Device(id="GPU-b", healthy=False)]})

    async def story():
        async with playing(place) as kubelet, talking_to(kubelet, await kubelet.registration()) as plugin:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await plugin.allocate(["GPU-a", wanted])
            assert (refused.value.code(), refused.value.details()) == (code, text)

    asyncio.run(story())


def test_each_resource_has_its_own_socket_and_may_come_later(place):
    two_gpus(place)

    async def story():
        async with playing(place) as kubelet:
            whole = await kubelet.registration()
            write_state(place / "gpus.json", {
                GPU: [Device(id="GPU-a")], "nvidia.com/mig-3g.40gb": [Device(id="MIG-1")]})
            slices = await kubelet.registration()
            assert (slices.resource_name, slices.endpoint) != (whole.resource_name, whole.endpoint)
            async with talking_to(kubelet, slices) as plugin:
                assert await next_of(plugin.watch()) == {"MIG-1": "Healthy"}
            async with talking_to(kubelet, whole) as plugin:
                assert await next_of(plugin.watch()) == {"GPU-a": "Healthy"}

    asyncio.run(story())


def test_a_restarted_kubelet_gets_the_devices_again(place):
    two_gpus(place)

    async def story():
        async with playing(place) as kubelet:
            await kubelet.registration()
            await kubelet.stop()
            await kubelet.start()
            again = await kubelet.registration()
            async with talking_to(kubelet, again) as plugin:
                assert await next_of(plugin.watch()) == {"GPU-a": "Healthy", "GPU-b": "Healthy"}

    asyncio.run(story())


def test_a_refused_registration_is_said_once_and_tried_again(place, capsys):
    two_gpus(place)

    async def story():
        async with playing(place) as kubelet:
            kubelet.refusing = True
            for _ in range(3):
                await kubelet.registration()
            kubelet.refusing = False
            said = await kubelet.registration()
            async with talking_to(kubelet, said) as plugin:
                assert await next_of(plugin.watch()) == {"GPU-a": "Healthy", "GPU-b": "Healthy"}
        assert capsys.readouterr().err.count("the kubelet did not accept the registration: not today") == 1

    asyncio.run(story())


def start_program(place):
    return subprocess.Popen([sys.executable, "-m", "conformance.gpu.device_plugin",
                             "--socket-dir", place / "sockets", "--state", place / "gpus.json"],
                            stderr=subprocess.PIPE, text=True)


def test_a_plugin_that_was_killed_is_replaced(place):
    two_gpus(place)

    async def story():
        kubelet = Kubelet(place / "sockets")
        await kubelet.start()
        for _ in range(2):
            program = start_program(place)
            try:
                async with talking_to(kubelet, await kubelet.registration()) as plugin:
                    assert await next_of(plugin.watch()) == {"GPU-a": "Healthy", "GPU-b": "Healthy"}
            finally:
                program.kill()
                program.communicate(timeout=PATIENCE_S)
        await kubelet.stop()

    asyncio.run(story())


def test_sigterm_ends_the_program_and_removes_its_socket(place):
    two_gpus(place)

    async def story():
        kubelet = Kubelet(place / "sockets")
        await kubelet.start()
        program = start_program(place)
        try:
            said = await kubelet.registration()
            assert (kubelet.socket_dir / said.endpoint).exists()
        finally:
            program.send_signal(signal.SIGTERM)
            _, errors = program.communicate(timeout=PATIENCE_S)
            await kubelet.stop()
        assert (program.returncode, errors) == (0, "")
        assert not (kubelet.socket_dir / said.endpoint).exists()

    asyncio.run(story())


def test_without_a_state_file_the_program_says_so_and_ends(place, capsys):
    assert main(["--socket-dir", str(place / "sockets"), "--state", str(place / "gpus.json")]) == 2
    assert capsys.readouterr().err == f"device state {place / 'gpus.json'}: No such file or directory\n"
