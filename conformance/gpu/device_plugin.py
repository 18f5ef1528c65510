"""Plays the devices of a state file to a kubelet, as NVIDIA's device plugin plays real GPUs.

Run as `python -m conformance.gpu.device_plugin --socket-dir DIR --state FILE`; SIGTERM ends it.
"""

import argparse
import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc

from conformance.errors import SeatrialError
from conformance.gpu import device_plugin_pb2 as api
from conformance.gpu.devices import Device, State, read_state

VERSION = "v1beta1"
DEFAULT_SOCKET_DIR = Path("/var/lib/kubelet/device-plugins")
LOOK_EVERY_S = 0.2
REGISTER_WITHIN_S = 5.0
VISIBLE_DEVICES = "NVIDIA_VISIBLE_DEVICES"

_FileIdentity = tuple[int, int] | None


def _identity(path: Path) -> _FileIdentity:
    """Return what changes when a file is made again or replaced; None when there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_ctime_ns


class Resource:
    """One resource name: its devices, and the gRPC service that the kubelet talks to."""

    def __init__(self, name: str, socket_dir: Path) -> None:
        """Make the resource `name`, with its socket in `socket_dir`; nothing is served yet."""
        self.name = name
        self.endpoint = f"seatrial-{re.sub(r'[^a-z0-9.]+', '-', name.lower())}.sock"
        self._kubelet = socket_dir / "kubelet.sock"
        self._socket = socket_dir / self.endpoint
        self._server: grpc.aio.Server | None = None
        self._registered_with: _FileIdentity = None
        self._devices: tuple[Device, ...] = ()
        self._changed = asyncio.Event()

    def offer(self, devices: tuple[Device, ...]) -> None:
        """Tell every kubelet that listens about `devices` from now on."""
        if devices != self._devices:
            self._devices = devices
            self._changed.set()
            self._changed = asyncio.Event()

    async def keep_registered(self) -> None:
        """Serve and register, again where the kubelet was restarted: it empties the folder and forgets us.

        Raises grpc.aio.AioRpcError when the kubelet does not accept the registration.
        """
        kubelet = _identity(self._kubelet)
        if kubelet is None or (kubelet == self._registered_with and self._socket.exists()):
            return
        await self.stop()
        await self._serve()
        async with grpc.aio.insecure_channel(f"unix:{self._kubelet}") as channel:
            register = channel.unary_unary(f"/{VERSION}.Registration/Register",
                                           request_serializer=api.RegisterRequest.SerializeToString,
                                           response_deserializer=api.Empty.FromString)
            await register(api.RegisterRequest(version=VERSION, endpoint=self.endpoint,
                                               resource_name=self.name, options=api.DevicePluginOptions()),
                           timeout=REGISTER_WITHIN_S)
        self._registered_with = kubelet
        print(f"{self.name}: registered with {len(self._devices)} devices", flush=True)

    async def stop(self) -> None:
        """Stop serving; gRPC removes the socket."""
        self._registered_with = None
        if self._server is not None:
            await self._server.stop(grace=0)
            self._server = None

    async def _serve(self) -> None:
        self._server = grpc.aio.server()
        service = grpc.method_handlers_generic_handler(f"{VERSION}.DevicePlugin", {
            "GetDevicePluginOptions": grpc.unary_unary_rpc_method_handler(
                self._options, api.Empty.FromString, api.DevicePluginOptions.SerializeToString),
            "ListAndWatch": grpc.unary_stream_rpc_method_handler(
                self._list_and_watch, api.Empty.FromString, api.ListAndWatchResponse.SerializeToString),
            "Allocate": grpc.unary_unary_rpc_method_handler(
                self._allocate, api.AllocateRequest.FromString, api.AllocateResponse.SerializeToString),
        })
        self._server.add_generic_rpc_handlers((service,))
        self._server.add_insecure_port(f"unix:{self._socket}")
        await self._server.start()

    async def _options(self, _request: api.Empty, _context: object) -> api.DevicePluginOptions:
        return api.DevicePluginOptions()

    async def _list_and_watch(self, _request: api.Empty,
                              _context: object) -> AsyncIterator[api.ListAndWatchResponse]:
        while True:
            changed = self._changed
            yield api.ListAndWatchResponse(devices=[
                api.Device(ID=device.id, health="Healthy" if device.healthy else "Unhealthy",
                           topology=api.TopologyInfo(nodes=[api.NUMANode(ID=device.numa)]))
                for device in self._devices])
            await changed.wait()

    async def _allocate(self, request: api.AllocateRequest,
                        context: "grpc.aio.ServicerContext") -> api.AllocateResponse:
        present = {device.id: device for device in self._devices}
        response = api.AllocateResponse()
        for container in request.container_requests:
            for wanted in container.devices_ids:
                if wanted not in present:
                    await context.abort(grpc.StatusCode.NOT_FOUND, f"{self.name}: no device {wanted}")
                if not present[wanted].healthy:
                    await context.abort(grpc.StatusCode.FAILED_PRECONDITION,
                                        f"{self.name}: device {wanted} is unhealthy")
            # A share of a device is called DEVICE::SHARE, and whoever gets it sees the whole device.
            visible = dict.fromkeys(wanted.partition("::")[0] for wanted in container.devices_ids)
            response.container_responses.add(envs={VISIBLE_DEVICES: ",".join(visible)})
        return response


class DevicePlugin:
    """All resources of one state file, kept in step with the file and with the kubelet."""

    def __init__(self, socket_dir: Path, state_file: Path) -> None:
        """Make a plugin for the kubelet of `socket_dir`; `run` starts it."""
        self._socket_dir = socket_dir
        self._state_file = state_file
        self._seen: _FileIdentity = None
        self._resources: dict[str, Resource] = {}
        self._last_complaint = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises SeatrialError when there is no usable state file at first."""
        self._apply(read_state(self._state_file))
        try:
            while not stop.is_set():
                await self._look()
                try:
                    await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)
                except TimeoutError:
                    continue
        finally:
            for resource in self._resources.values():
                await resource.stop()

    async def _look(self) -> None:
        complaint = ""
        seen = _identity(self._state_file)
        if seen != self._seen:
            self._seen = seen
            try:
                self._apply(read_state(self._state_file))
            except SeatrialError as error:
                # The last good state stays in force: a typing error must not take a node's GPUs away.
                print(error.message, file=sys.stderr, flush=True)
        for resource in self._resources.values():
            try:
                await resource.keep_registered()
            except grpc.aio.AioRpcError as error:
                complaint = f"{resource.name}: the kubelet did not accept the registration: {error.details()}"
        if complaint and complaint != self._last_complaint:
            print(complaint, file=sys.stderr, flush=True)
        self._last_complaint = complaint

    def _apply(self, state: State) -> None:
        for name in state:
            if name not in self._resources:
                self._resources[name] = Resource(name, self._socket_dir)
        for name, resource in self._resources.items():
            resource.offer(state.get(name, ()))


async def _serve(socket_dir: Path, state_file: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await DevicePlugin(socket_dir, state_file).run(stop)


def main(arguments: list[str] | None = None) -> int:
    """Run the plugin until SIGTERM; return the exit code: 0, or 2 when the state file cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m conformance.gpu.device_plugin", description=__doc__)
    parser.add_argument("--socket-dir", type=Path, default=DEFAULT_SOCKET_DIR,
                        help="the kubelet's device plugin folder (default: %(default)s)")
    parser.add_argument("--state", type=Path, required=True, help="the state file to play and to watch")
    options = parser.parse_args(arguments)
    try:
        asyncio.run(_serve(options.socket_dir, options.state))
    except SeatrialError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
