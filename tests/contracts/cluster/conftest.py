"""One contract for every kind of cluster: the grounds that it is held on, and what tests of it need.

Every test runs once for each kind. A cluster is brought up once and shared; that of `existing` is somebody's: a local
one, of which nothing but its kubeconfig is known.
"""

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from conformance import assets
from conformance.clusters import KINDS, Cluster, attach, kind_of, local, open_cluster
from conformance.errors import UsageError
from conformance.folder import read
from conformance.platform.install import install
from conformance.waiting import eventually

PROFILE = "four-h100"
PLATFORM = assets.folder("reference-manifests") / "exercise-128-gpus"
IMAGE = "seatrial.local/busybox:1"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """All tests of one kind of cluster follow each other, so that each cluster is brought up once."""
    places = [place for place, item in enumerate(items)
              if item.path.parent == Path(__file__).parent and "ground" in getattr(item, "fixturenames", ())]
    by_kind = sorted((items[place] for place in places), key=lambda item: list(KINDS).index(item.callspec.params["ground"]))
    for place, item in zip(places, by_kind, strict=True):
        items[place] = item


@dataclass
class Ground:
    """A cluster that is up, and how it came to be."""

    kind: str
    cluster: Cluster
    opened: bool
    said: list[str] = field(default_factory=list)

    @property
    def api(self):
        return self.cluster.api

    @property
    def real_node(self):
        (node,) = self.api.list("v1/Node", labels="seatrial.io/node=real")
        return node["metadata"]["name"]


@pytest.fixture(scope="session", params=KINDS)
def ground(request, ready_for):
    name, said = f"contract-{os.getpid()}", []
    ready_for(request.param)
    if kind_of(request.param).ours:
        cluster, opened = open_cluster(request.param, name=name, nodes_profile=PROFILE, say=said.append)
        yield Ground(request.param, cluster, opened, said)
        cluster.close()
    else:
        theirs = local.up(f"{name}-theirs", profile=PROFILE, owned=True)
        yield Ground(request.param, attach(request.param, name="", kubeconfig=theirs.kubeconfig), False)
        theirs.close()


@pytest.fixture(scope="session")
def second(ground):
    """A second cluster of the same kind, with a platform on it."""
    folder = read.load(PLATFORM)
    cluster, opened = open_cluster(ground.kind, name=f"contract-two-{os.getpid()}", nodes_profile=folder.nodes,
                                   say=ground.said.append)
    assert opened
    try:
        install(cluster.api, folder, cluster.load_images, ground.said.append)
        yield cluster
    finally:
        cluster.close()
    assert ground.api.text("/readyz") == "ok"
    with pytest.raises(UsageError, match="there is no cluster"):
        attach(ground.kind, name=cluster.name)


class Pods:
    """Pods of one busybox container each, in a namespace that goes with the test."""

    def __init__(self, api, namespace):
        self.api, self.namespace = api, namespace
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        # Whoever creates a pod before its namespace has a service account is refused.
        eventually(lambda: api.read("v1/ServiceAccount", "default", namespace) is not None, becomes=True, within=30)

    def pod(self, name, *command, node=None, gpus=0, labels=None, image=IMAGE, on_fake_node=False):
        resources = {"limits": {"nvidia.com/gpu": str(gpus)}} if gpus else {}
        chosen = {"seatrial.io/node": "fake"} if on_fake_node else {"kubernetes.io/hostname": node} if node else {}
        return {"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": self.namespace, "labels": labels or {}},
                "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "nodeSelector": chosen,
                         "tolerations": [{"key": "seatrial.io/fake", "operator": "Exists"}] if on_fake_node else [],
                         "containers": [{"name": "main", "image": image, "imagePullPolicy": "Never",
                                         "command": list(command), "resources": resources}]}}

    def _await(self, name, phase):
        eventually(partial(self.phase, name), becomes=phase, within=60, because=f"pod {name} is {phase}",
                   story=partial(self.api.pod_troubles, self.namespace))

    def phase(self, name):
        return self.api.read("v1/Pod", name, self.namespace)["status"].get("phase")

    def run(self, name, *command, **more):
        """Run a pod of a command to its end and return what it printed."""
        return self.run_to_end(self.pod(name, *command, **more))

    def run_to_end(self, pod):
        """Run a pod to its end and return what it printed."""
        self.api.create(pod)
        self._await(pod["metadata"]["name"], "Succeeded")
        return self.api.logs(pod["metadata"]["name"], self.namespace)

    def start(self, name, *command, **more):
        self.api.create(self.pod(name, *command, **more))
        self._await(name, "Running")

    def web(self, name, text, *, app):
        """Start a web server that answers with a text."""
        self.start(name, "sh", "-c", f"echo {text} > /tmp/index.html; exec httpd -f -p 8080 -h /tmp", labels={"app": app})

    def service(self, name, *, app, **more):
        """Make a Service in front of what has that label."""
        self.api.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": self.namespace},
                         "spec": {"selector": {"app": app}, "ports": [{"port": 80, "targetPort": 8080}], **more}})

    def serve(self, name, text):
        """Start a web server and a Service of that name."""
        self.web(name, text, app=name)
        self.service(name, app=name)


@pytest.fixture
def pods(ground, request):
    name = request.node.originalname.removeprefix("test_").replace("_", "-")[:60].rstrip("-")
    there = Pods(ground.api, name)
    yield there
    ground.api.delete("v1/Namespace", name)
    eventually(lambda: ground.api.read("v1/Namespace", name), becomes=None, within=60,
               because=f"namespace {name} is gone")


@pytest.fixture
def no_registry(tmp_path):
    """An image that was made just now, so that nobody serves it; its program says a secret."""
    from conformance.builds.images import HOST_BUSYBOX, write_image

    path, name = Path(tmp_path, "made.tar"), f"seatrial.local/made-{os.getpid()}:1"
    write_image(HOST_BUSYBOX, name, "/bin/busybox", path, applets=["sh", "echo"])
    return name, path
