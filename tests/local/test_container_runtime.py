"""Nodes run the containerd that was built for them, and pods get from it what upstream's nodes give."""

import asyncio
import json
import shutil
import tempfile
import threading
from pathlib import Path

import pytest

from conformance.builds.catalogue import PROGRAMS
from conformance.clusters import local
from conformance.gpu.device_plugin import Resource
from conformance.gpu.devices import Device
from conformance.waiting import eventually

VERSION = PROGRAMS["containerd"].version
RESOURCE, DEVICE = "seatrial.io/thing", "seatrial.io/thing=one"


def test_it_is_the_one_that_was_built_whatever_the_machine_has(big):
    (node,) = big.api.list("v1/Node")
    assert node["status"]["nodeInfo"]["containerRuntimeVersion"] == f"containerd://{VERSION.removeprefix('v')}"


def test_a_report_and_the_list_of_clusters_say_which_it_is(big):
    assert big.describe()["container_runtime"] == f"containerd://{VERSION.removeprefix('v')}"
    (row,) = [row for row in local.status() if row["name"] == big.name]
    assert row["containerd"] == VERSION


def test_a_pod_says_as_whom_its_container_runs(big, ran):
    ran("whom", "true", securityContext={"runAsUser": 1000, "runAsGroup": 3000, "supplementalGroups": [4000]})
    (status,) = big.api.read("v1/Pod", "whom", "default")["status"]["containerStatuses"]
    assert status["user"]["linux"] == {"uid": 1000, "gid": 3000, "supplementalGroups": [3000, 4000]}


class Plugin(Resource):
    """A device plugin that names its device by CDI, in an annotation of the container."""

    async def _allocate(self, request, context):
        answer = await super()._allocate(request, context)
        for one in answer.container_responses:
            one.annotations["cdi.k8s.io/thing"] = DEVICE
        return answer


@pytest.fixture
def plugin(big):
    """Offers one device of `RESOURCE` to the cluster's only node."""
    (node,) = big.spec.nodes
    short = Path(tempfile.mkdtemp(prefix="s-"))  # the path of a socket has 107 characters at most
    (short / "p").symlink_to(node.folder / "var-lib/kubelet/device-plugins")
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    try:
        thing = Plugin(RESOURCE, short / "p")
        thing.offer((Device(id="one"),))
        asyncio.run_coroutine_threadsafe(thing.keep_registered(), loop).result()
        eventually(lambda: big.api.read("v1/Node", node.name)["status"]["allocatable"].get(RESOURCE),
                   becomes="1", within=30, because="the device is offered")
        yield
        asyncio.run_coroutine_threadsafe(thing.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        shutil.rmtree(short)


@pytest.mark.usefixtures("plugin")
def test_a_device_that_is_named_by_cdi_reaches_the_container(ran):
    said = json.dumps({"cdiVersion": "0.6.0", "kind": RESOURCE, "devices": [
        {"name": "one", "containerEdits": {"env": ["THING=one"], "deviceNodes": [{"path": "/dev/thing", "hostPath": "/dev/null"}]}}]})
    ran("writes", "sh", "-c", f"echo '{said}' > /cdi/thing.json",
        container={"volumeMounts": [{"name": "cdi", "mountPath": "/cdi"}]},
        volumes=[{"name": "cdi", "hostPath": {"path": "/var/run/cdi", "type": "DirectoryOrCreate"}}])
    told = ran("asks", "sh", "-c", "echo $THING; stat -c %t:%T /dev/thing", container={"resources": {"limits": {RESOURCE: "1"}}})
    assert told.split() == ["one", "1:3"]
