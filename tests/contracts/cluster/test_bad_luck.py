"""What goes wrong with a cluster is an error with the way out, never a verdict on the platform; and nothing stays."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import builds
from conformance.clusters import OURS
from conformance.clusters.kind import settings
from conformance.errors import SeatrialError

PLATFORM = "reference-manifests/exercise-128-gpus"
ROOT = Path(__file__).parents[3]
CANNOT = {
    "local": ({"PATH": "/nowhere"}, "the program unshare", "apt-get install"),
    "kind": ({"DOCKER_HOST": "unix:///nowhere/docker.sock"}, "no Docker engine answers", "seatrial kind engine up"),
    "existing": ({"KUBECONFIG": "/nowhere/config"}, "/nowhere/config", "--kubeconfig"),
}


def seatrial(*words, cwd, **environment):
    """Run the command to its end; return exit code and what it printed."""
    done = subprocess.run([sys.executable, "-m", "conformance.cli", *map(str, words)], cwd=cwd, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": str(ROOT)} | environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


@pytest.mark.parametrize("kind", CANNOT)
def test_a_ground_that_cannot_be_had_says_why_and_what_to_do(kind, tmp_path):
    environment, cause, way_out = CANNOT[kind]
    code, said = seatrial("run", "--cluster", kind, "--platform", ROOT / PLATFORM, cwd=tmp_path, **environment)
    assert (code, cause in said, way_out in said) == (3, True, True), said


@pytest.mark.parametrize("ground", OURS, indirect=True)
def test_a_server_that_starts_again_in_the_middle_of_a_run_is_no_failure_of_the_platform(ground, second, tmp_path):
    node = next(one for one in second.api.list("v1/Node", labels="seatrial.io/node=real"))
    address = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
    run = subprocess.Popen(
        [sys.executable, "-m", "conformance.cli", "run", "--cluster", ground.kind, "--cluster-name", second.name,
         "--platform", str(ROOT / PLATFORM), "-k", "can_borrow or not_one_gpu_more", "-n", "0"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not second.api.list("batch/v1/Job"):  # a behaviour is at work
        assert run.poll() is None, run.communicate()[0]
    os.kill(server_of(address), signal.SIGKILL)
    said = run.communicate()[0]
    report = json.loads((tmp_path / "seatrial-report" / "report.json").read_text())
    assert [one["cause"] for one in report["results"] if one["outcome"] == "failed"] == []
    assert run.returncode == (3 if report["troubles"] or any(one["outcome"] == "error" for one in report["results"]) else 0)
    assert "Traceback" not in said


def server_of(address):
    """The pid of the API server that advertises an address."""
    for entry in Path("/proc").glob("[0-9]*"):
        words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0") if entry.exists() else [""]
        if words[0].endswith("kube-apiserver") and f"--advertise-address={address}" in words:
            return int(entry.name)
    raise AssertionError(f"no API server advertises {address}")


# -- kind -----------------------------------------------------------------------------------------------------


@pytest.fixture
def full_disk(ground):
    """The node's disk has no room for an image."""
    content = "/var/lib/containerd/io.containerd.content.v1.content"
    docker, node = ground.cluster.spec.docker, ground.real_node
    docker.run("exec", node, "sh", "-euc", f"mount -t tmpfs -o size=8m none {content}; mkdir {content}/ingest")
    yield
    docker.run("exec", node, "umount", content)


@pytest.mark.parametrize("ground", ["kind"], indirect=True)
def test_a_disk_that_fills_up_while_images_are_loaded_is_named(ground, full_disk):
    archive = builds.packed("kueue", f"seatrial.local/too-large-{os.getpid()}:1", "/manager")
    with pytest.raises(SeatrialError, match="the disk of its Docker engine is full") as failed:
        ground.cluster.load_images({"too-large": archive})
    assert "docker system df" in failed.value.way_out


@pytest.fixture
def state(tmp_path):
    """A state folder of its own, in the engine that there is."""
    return {"SEATRIAL_STATE": str(tmp_path / "state"), "DOCKER_HOST": settings.docker()[0].host}


def test_a_control_plane_that_kubeadm_refuses_is_told_in_its_words_logs_are_kept_and_nothing_stays(
        ready_for, state, tmp_path):
    ready_for("kind")
    patch = tmp_path / "patch.yaml"
    patch.write_text("kind: ClusterConfiguration\nnetworking: {dnsDomain: not a domain}\n")
    state = {key: value for key, value in state.items() if value}
    code, said = seatrial("up", "--cluster", "kind", "--name", "refused", cwd=tmp_path, SEATRIAL_KIND_PATCHES=str(patch),
                          **state)
    assert (code, "failed for cluster refused" in said) == (3, True), said
    kept = tmp_path / "seatrial-report" / "diagnostics" / "refused"
    assert f"kept in {kept.relative_to(tmp_path)}" in said
    assert "not a domain" in (kept / "kind.log").read_text()
    assert list((kept / "logs").rglob("journal.log"))
    assert seatrial("status", cwd=tmp_path, **state)[1] == "no cluster is up; bring one up with: seatrial up\n"
    names = settings.docker()[0].run("ps", "--all", "--format", "{{.Names}}").split()
    assert "refused-control-plane" not in names


def test_a_node_image_that_nobody_has_ends_before_anything_is_made(ready_for, state, tmp_path):
    ready_for("kind")
    state = {key: value for key, value in state.items() if value}
    code, said = seatrial("up", "--cluster", "kind", "--name", "imageless", "--offline", cwd=tmp_path,
                          SEATRIAL_KIND_NODE_IMAGE="seatrial.local/none:1", **state)
    assert (code, "seatrial.local/none:1" in said, "seatrial kind image" in said) == (3, True, True), said
    assert not Path(state["SEATRIAL_STATE"], "kind", "imageless").exists()
