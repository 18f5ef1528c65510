"""A cluster goes without a trace, whatever ends it. What is there is looked at here, not asked of the code under test."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conformance.clusters import OURS

UP = ("--name", "doomed", "--fake-nodes", "four-h100")
OWNER = """
import sys
from conformance.clusters import open_cluster
open_cluster(sys.argv[1], name="doomed", say=lambda _: None)
print("up", flush=True)
sys.stdin.read()
"""
"""Like a run: the cluster goes with this process."""


class InEngine:
    """A state folder of its own, and what clusters of it have in a Docker engine that others use too."""

    def __init__(self, docker_host):
        self.state = Path(tempfile.mkdtemp(prefix="seatrial-", dir="/var/tmp"))
        self.home = self.state / "home"
        self.home.mkdir()
        for folder in ("clusters", "kind"):  # empty ones may stay
            (self.state / folder).mkdir()
        self.env = os.environ | {"SEATRIAL_STATE": str(self.state), "KUBECONFIG": str(self.home / "kubeconfig")}
        self.env |= {"DOCKER_HOST": docker_host} if docker_host else {}

    def run(self, *argv):
        return subprocess.run(argv, env=self.env, capture_output=True, text=True, check=True).stdout

    def popen(self, *argv, **more):
        return subprocess.Popen(argv, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def start(self, *words):
        return self.popen(sys.executable, "-m", "conformance.cli", *words)

    def seatrial(self, *words):
        process = self.start(*words)
        out, err = process.communicate()
        return process.returncode, out, err

    def commands(self):
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes()
                about = words + (entry / "environ").read_bytes()
            except OSError:
                continue  # it ended while we looked
            if words and str(self.state).encode() in about:
                found.append(words.replace(b"\0", b" ").decode())
        return found

    def containers(self):
        ids = self.run("docker", "ps", "--all", "--quiet", "--no-trunc").split()
        # One of another may go between the two questions.
        told = subprocess.run(["docker", "inspect", *ids], env=self.env, capture_output=True, text=True, check=False)
        return [one for one in json.loads(told.stdout if ids else "[]")
                if any(str(self.state) in mount.get("Source", "") for mount in one["Mounts"])]

    def networks(self):
        told = self.run("docker", "network", "ls", "--format", "{{.Name}}").split()
        return [name for name in told if name.endswith(("-kind-doomed", "-kind-next"))]

    def volumes(self):
        return set(self.run("docker", "volume", "ls", "--quiet").split())

    def look(self):
        return {"processes": sorted(self.commands()), "containers": [one["Name"] for one in self.containers()],
                "networks": self.networks(),
                "state": sorted(str(path) for path in self.state.rglob("*") if path.name != ".lock")}


class Local:
    """Clusters of Linux namespaces in a network and a state folder of their own."""

    kind = "local"

    def __init__(self, apart):
        self.apart = apart
        self.start, self.seatrial, self.look = apart.start, apart.seatrial, apart.look

    def file(self, path):
        return (self.apart.state / "clusters" / "doomed" / path).exists()

    def owner(self):
        return subprocess.Popen([*self.apart.inside(), sys.executable, "-c", OWNER, "local"], env=self.apart.env,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def parts(self):
        return [str(part) for part in self.apart.processes() + self.apart.cgroups()]


class Kind:
    """Clusters of kind with a state folder of their own, in the engine that there is."""

    kind = "kind"

    def __init__(self, engine):
        self.engine = engine
        self.start, self.seatrial, self.look = engine.start, engine.seatrial, engine.look
        self.networks, self.containers = engine.networks, engine.containers

    def file(self, path):
        return (self.engine.state / "kind" / "doomed" / path).exists()

    def owner(self):
        return self.engine.popen(sys.executable, "-c", OWNER, "kind", stdin=subprocess.PIPE)

    def parts(self):
        return [one["Name"] for one in self.engine.containers()] + self.engine.networks() + self.engine.commands()


MOMENTS = {
    "local": {
        "the record is written": lambda there: there.file("cluster.json"),
        "servers are being started": lambda there: there.file("node-1/log/etcd.log"),
        "the kubelet is being started": lambda there: there.file("node-1/log/kubelet.log"),
    },
    "kind": {
        "the record is written": lambda there: there.file("cluster.json"),
        "the network is being made": lambda there: there.networks(),
        "nodes are being made": lambda there: there.containers(),
        "the kubelet is up": lambda there: there.file("node-1/device-plugins/kubelet.sock"),
    },
}
"""By what can be seen at that moment."""
EVERY_MOMENT = [(kind, moment) for kind in OURS for moment in MOMENTS[kind]]
LAST_MOMENTS = [(kind, list(MOMENTS[kind])[-1]) for kind in OURS]


@pytest.fixture
def there(request, ready_for):
    ready_for(request.param)
    if request.param == "local":
        yield Local(request.getfixturevalue("apart"))
        return
    from conformance.clusters.kind import settings

    engine = InEngine(settings.docker()[0].host)
    yield Kind(engine)
    engine.seatrial("down", "--all")
    for one in engine.containers():  # what a failed test left must not spoil the next one
        engine.run("docker", "rm", "--force", "--volumes", one["Id"])
    shutil.rmtree(engine.state)


def killed_when(there, moment, number, *words):
    """Start a command and end it as soon as the moment is there; one that ends before is a test that tests nothing."""
    process = there.start(*words)
    while not MOMENTS[there.kind][moment](there):
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(number)
    return process, process.communicate()[1]


@pytest.mark.parametrize("there", OURS, indirect=True)
def test_after_down_nothing_is_left(there):
    kind, before = there.kind, there.look()
    code, _, said = there.seatrial("up", "--cluster", kind, *UP)
    assert code == 0, said
    assert there.look() != before
    volumes = [mount["Name"] for one in there.containers() for mount in one["Mounts"] if mount["Type"] == "volume"] \
        if kind == "kind" else []
    assert there.seatrial("down", "--cluster", kind, "--name", "doomed")[0] == 0
    assert there.look() == before
    assert not volumes or not there.engine.volumes() & set(volumes)
    code, _, said = there.seatrial("down", "--cluster", kind, "--name", "doomed")
    assert (code, "there is no" in said) == (2, True)


@pytest.mark.parametrize(("there", "moment"), LAST_MOMENTS, indirect=["there"])
def test_after_ctrl_c_nothing_is_left(there, moment):
    kind, before = there.kind, there.look()
    process, said = killed_when(there, moment, signal.SIGINT, "up", "--cluster", kind, *UP)
    assert (process.returncode, said.splitlines()[-1]) == (130, "seatrial: interrupted")
    assert there.look() == before


@pytest.mark.parametrize(("there", "moment"), EVERY_MOMENT, indirect=["there"])
def test_after_kill_9_of_up_down_all_leaves_nothing(there, moment):
    kind, before = there.kind, there.look()
    process, _ = killed_when(there, moment, signal.SIGKILL, "up", "--cluster", kind, *UP)
    assert process.returncode == -signal.SIGKILL
    assert there.seatrial("down", "--all")[0] == 0
    assert there.look() == before


@pytest.mark.parametrize("there", OURS, indirect=True)
def test_after_kill_9_of_a_run_the_next_up_takes_its_cluster_away(there):
    kind, before = there.kind, there.look()
    with there.owner() as owner:
        assert owner.stdout.readline() == "up\n"
        owner.kill()
    assert [part for part in there.parts() if "doomed" in part]
    (row,) = json.loads(there.seatrial("status", "--output", "json")[1])
    assert (row["name"], row["kind"], row["state"]) == ("doomed", kind, "abandoned")
    code, _, said = there.seatrial("up", "--cluster", kind, "--name", "next")
    assert code == 0, said
    assert [part for part in there.parts() if "doomed" in part] == []
    assert there.seatrial("down", "--cluster", kind, "--name", "next")[0] == 0
    assert there.look() == before
