"""A node image is made without a registry, and plain kind boots a cluster from it."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from conformance import builds
from conformance.builds import store
from conformance.clusters.kind import node_image
from conformance.waiting import eventually

NAME = node_image.default_name()
SETTINGS = {"kernel/panic_on_oops": "0", "kernel/panic": "7"}
"""What a kubelet would change, set to what it would not choose."""


class Maker:
    """`seatrial kind image` into an engine; outside of its network, since Debian's mirror is asked."""

    def __init__(self, engine):
        self.engine = engine

    def start(self, name):
        return subprocess.Popen([sys.executable, "-m", "conformance.cli", "kind", "image", "--name", name,
                                 "--docker-host", self.engine.address], env=self.engine.apart.env,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def make(self, name=NAME):
        process = self.start(name)
        out, err = process.communicate()
        assert (process.returncode, out) == (0, f"{name}\n"), err
        return err


def at_work():
    """What is there of a making: its processes, and mounts that the host sees."""
    found = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()
             if line.split()[1].startswith(str(store.root()))]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended while we looked
            words = path.read_bytes()
            found += [words] if b"clusters/kind/node.sh" in words else []
    return found


@pytest.fixture(scope="module")
def making(shared_engine):
    return Maker(shared_engine)


@pytest.fixture(scope="module")
def made(making):
    """The engine with the image in it, and what was said while it was made."""
    said = making.make()
    assert making.engine.images() == [NAME]
    return said


@pytest.fixture
def host_settings():
    before = {name: Path("/proc/sys", name).read_text() for name in SETTINGS}
    for name, value in SETTINGS.items():
        Path("/proc/sys", name).write_text(value)
    yield lambda: {name: Path("/proc/sys", name).read_text().strip() for name in SETTINGS}
    for name, value in before.items():
        Path("/proc/sys", name).write_text(value)


def test_plain_kind_boots_a_cluster_from_it(made, shared_engine, kind_config, host_settings, tmp_path):
    built = builds.build(["kind", "kubectl"])
    kind, kubeconfig = built["kind"].path, tmp_path / "kubeconfig"
    kubectl = [built["kubectl"].path, "--kubeconfig", kubeconfig]
    before = shared_engine.apart.look()
    shared_engine.run(kind, "create", "cluster", "--name", "plain", "--config", kind_config, "--kubeconfig", kubeconfig,
                      "--wait", "120s")
    try:
        shared_engine.run(*kubectl, "wait", "--namespace", "kube-system", "--for", "condition=Ready", "pod", "--all",
                          "--timeout", "90s")
        [archive] = builds.images(["busybox"]).values()
        shared_engine.run(kind, "load", "image-archive", archive, "--name", "plain")
        shared_engine.run(*kubectl, "wait", "--for", "create", "serviceaccount/default", "--timeout", "30s")
        shared_engine.run(*kubectl, "run", "asks", "--restart", "Never", "--image", builds.reference("busybox"), "--command",
                          "--", "nslookup", "-type=a", "kubernetes.default.svc.cluster.local")
        shared_engine.run(*kubectl, "wait", "--for", "jsonpath={.status.phase}=Succeeded", "pod/asks", "--timeout", "60s")
        assert "Address: 10.96.0.1" in shared_engine.run(*kubectl, "logs", "asks")
        # No pod starts before the Services of its node work: its first connections would hang for half a minute.
        dns = shared_engine.run(*kubectl, "logs", "--namespace", "kube-system", "--selector", "k8s-app=kube-dns", "--tail", "-1")
        assert "unsynced Kubernetes API" not in dns
        images = shared_engine.run("docker", "exec", "plain-control-plane", "crictl", "images", "--output", "json")
        assert host_settings() == SETTINGS
    finally:
        shared_engine.run(kind, "delete", "cluster", "--name", "plain", "--kubeconfig", kubeconfig)
    wanted = subprocess.run([builds.build(["kubeadm"])["kubeadm"].path, "config", "images", "list", "--kubernetes-version",
                             NAME.rpartition(":")[2]], capture_output=True, text=True, check=True).stdout.split()
    assert set(wanted) <= set(re.findall(r'"(registry\.k8s\.io/[^"]+:[^"]+)"', images))
    shared_engine.run("docker", "network", "rm", "kind")
    after = shared_engine.apart.look()
    for same in ("links", "mounts", "rules", "routes", "run", "var_lib"):
        assert after[same] == before[same], same


def test_made_again_it_is_cached_and_nothing_is_done(made, making):
    before = making.engine.run("docker", "image", "inspect", NAME)
    said = making.make()
    assert "cached: nothing changed" in said
    assert "dressing" not in said
    assert making.engine.run("docker", "image", "inspect", NAME) == before


MOMENTS = ("dressing the Debian system", "loading it into the Docker engine")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", MOMENTS)
def test_interrupted_it_leaves_no_half_image_and_no_leftovers(made, making, moment, how):
    process = making.start("seatrial.local/half:1")
    for line in process.stderr:
        if moment in line:
            break
    os.kill(process.pid, how)
    process.communicate()
    assert process.returncode in ({-signal.SIGKILL} if how == signal.SIGKILL else {130})
    eventually(at_work, becomes=[], within=10)
    assert making.engine.images() == [NAME]
    if how == signal.SIGKILL:  # its folder goes when the next one begins
        making.make("seatrial.local/next:1")
        making.engine.run("docker", "rmi", "seatrial.local/next:1")
    assert list(store.root().glob("unfinished-*")) == []
