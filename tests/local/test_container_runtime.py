"""Nodes run the containerd that was built for them, and pods get from it what upstream's nodes give."""

import asyncio
import json
import os
import threading
from functools import partial

import pytest

from conformance.builds.catalogue import PROGRAMS
from conformance.clusters import local
from conformance.gpu.device_plugin import Resource
from conformance.gpu.devices import Device
from conformance.waiting import eventually, patience

VERSION = PROGRAMS["containerd"].version
IMAGE = "seatrial.local/busybox:1"
RESOURCE, DEVICE = "seatrial.io/thing", "seatrial.io/thing=one"


@pytest.fixture(scope="module")
def cluster():
    there = local.up(f"runtime-{os.getpid()}", owned=True)
    eventually(lambda: there.api.read("v1/ServiceAccount", "default", "default") is not None, becomes=True, within=30)
    yield there
    there.close()


def run(api, name, *command, **spec):
    """Run a pod of one busybox container to its end; return what it printed."""
    limits = {"resources": {"limits": {RESOURCE: "1"}}} if spec.pop("with_device", False) else {}
    mounts = {"volumeMounts": [{"name": "cdi", "mountPath": "/cdi"}]} if "volumes" in spec else {}
    api.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
                "spec": {"restartPolicy": "Never", **spec,
                         "containers": [{"name": "main", "image": IMAGE, "command": list(command), **limits, **mounts}]}})
    eventually(lambda: api.read("v1/Pod", name, "default")["status"].get("phase"), becomes="Succeeded",
               within=patience().ready, because=f"pod {name} succeeds", story=partial(api.pod_troubles, "default"))
    return api.logs(name, "default")


def test_it_is_the_one_that_was_built_whatever_the_machine_has(cluster):
    (node,) = cluster.api.list("v1/Node")
    assert node["status"]["nodeInfo"]["containerRuntimeVersion"] == f"containerd://{VERSION.removeprefix('v')}"


def test_a_report_and_the_list_of_clusters_say_which_it_is(cluster):
    assert cluster.describe()["container_runtime"] == f"containerd://{VERSION.removeprefix('v')}"
    (row,) = [row for row in local.status() if row["name"] == cluster.name]
    assert row["containerd"] == VERSION


def test_a_pod_says_as_whom_its_container_runs(cluster):
    run(cluster.api, "whom", "true", securityContext={"runAsUser": 1000, "runAsGroup": 3000, "supplementalGroups": [4000]})
    (status,) = cluster.api.read("v1/Pod", "whom", "default")["status"]["containerStatuses"]
    assert status["user"]["linux"] == {"uid": 1000, "gid": 3000, "supplementalGroups": [3000, 4000]}


class Plugin(Resource):
    """A device plugin that names its device by CDI, in an annotation of the container."""

    async def _allocate(self, request, context):
        answer = await super()._allocate(request, context)
        for one in answer.container_responses:
            one.annotations["cdi.k8s.io/thing"] = DEVICE
        return answer


@pytest.fixture
def plugin(cluster):
    """Offers one device of `RESOURCE` to the cluster's only node."""
    thing = Plugin(RESOURCE, cluster.spec.nodes[0].folder / "var-lib/kubelet/device-plugins")
    thing.offer((Device(id="one"),))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(thing.keep_registered(), loop).result()
    (node,) = cluster.api.list("v1/Node")
    eventually(lambda: cluster.api.read("v1/Node", node["metadata"]["name"])["status"]["allocatable"].get(RESOURCE),
               becomes="1", within=30, because="the device is offered")
    yield
    asyncio.run_coroutine_threadsafe(thing.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@pytest.mark.usefixtures("plugin")
def test_a_device_that_is_named_by_cdi_reaches_the_container(cluster):
    said = json.dumps({"cdiVersion": "0.6.0", "kind": RESOURCE, "devices": [
        {"name": "one", "containerEdits": {"env": ["THING=one"], "deviceNodes": [{"path": "/dev/thing", "hostPath": "/dev/null"}]}}]})
    run(cluster.api, "writes", "sh", "-c", f"echo '{said}' > /cdi/thing.json",
        volumes=[{"name": "cdi", "hostPath": {"path": "/var/run/cdi", "type": "DirectoryOrCreate"}}])
    told = run(cluster.api, "asks", "sh", "-c", "echo $THING; stat -c %t:%T /dev/thing", with_device=True)
    assert told.split() == ["one", "1:3"]
