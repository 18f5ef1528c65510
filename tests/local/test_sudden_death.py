"""Seatrial is killed at any moment: nothing of it stays."""

import json
import os
import signal

import pytest

UP = ("up", "--name", "doomed", "--fake-nodes", "four-h100")

MOMENTS = {
    "at once": lambda apart: True,
    "the record is written": lambda apart: file(apart, "cluster.json"),
    "certificates are being made": lambda apart: file(apart, "pki/ca.crt"),
    "the bridge is there": lambda apart: "seatrial0" in apart.links(),
    "cgroups are being made": lambda apart: apart.cgroups(),
    "the node is described": lambda apart: file(apart, "node-1/node.json"),
    "the first process is being started": lambda apart: file(apart, "node-1/init.log"),
    "the node hides the host's folders": lambda apart: file(apart, "node-1/var-lib"),
    "the node is linked": lambda apart: "seatrial0n1" in apart.links(),
    "servers are being started": lambda apart: file(apart, "node-1/log/etcd.log"),
    "the kubelet is being started": lambda apart: file(apart, "node-1/log/kubelet.log"),
    "images are being loaded": lambda apart: files(apart, "node-1/var-lib/containerd/*/ingest/*"),
    "pods are being started": lambda apart: files(apart, "node-1/var-lib/kubelet/pods/*"),
}
"""By what can be seen at that moment."""


def file(apart, path):
    return (apart.state / "clusters" / "doomed" / path).exists()


def files(apart, pattern):
    return list((apart.state / "clusters" / "doomed").glob(pattern))


def killed_when(apart, moment, *words):
    """Start a command, kill it as soon as the moment is there; one that ends before is a test that tests nothing."""
    process = apart.start(*words)
    while not moment(apart):
        assert process.poll() is None, process.communicate()[1]
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_kill_9_of_up_down_all_leaves_nothing(apart, moment):
    before = apart.look()
    killed_when(apart, MOMENTS[moment], *UP)
    assert apart.seatrial("down", "--all")[0] == 0
    assert apart.look() == before


@pytest.mark.parametrize("moment", ["the bridge is there", "pods are being started"])
def test_after_kill_9_of_up_the_next_up_removes_what_is_left(apart, moment):
    before = apart.look()
    killed_when(apart, MOMENTS[moment], *UP)
    code, _, said = apart.seatrial("up", "--name", "next")
    assert code == 0, said
    assert [cluster["name"] for cluster in json.loads(apart.seatrial("status", "--output", "json")[1])] == ["next"]
    assert not [word for word in apart.processes() if "doomed" in word]
    assert not [path for path in apart.cgroups() if "doomed" in path.name]
    assert apart.seatrial("down", "--name", "next")[0] == 0
    assert apart.look() == before


def test_after_kill_9_of_up_the_same_up_works(apart):
    killed_when(apart, MOMENTS["servers are being started"], *UP)
    code, said, trouble = apart.seatrial(*UP)
    assert (code, said) == (0, f"export KUBECONFIG={apart.state}/clusters/doomed/kubeconfig\n"), trouble
    code, found, _ = apart.seatrial("status", "--output", "json")
    assert [(one["name"], one["state"]) for one in json.loads(found)] == [("doomed", "running")]


def test_after_kill_9_of_down_the_next_down_leaves_nothing(apart):
    before = apart.look()
    assert apart.seatrial(*UP)[0] == 0
    parts = ("kubeconfig", "pki/ca.crt", "node-1/etcd", "node-1/kubelet.json", "node-1/log", "node-1/var-lib/containerd")
    killed_when(apart, lambda there: not all(file(there, part) for part in parts), "down", "--name", "doomed")
    assert "doomed" in apart.seatrial("status")[1]
    assert apart.seatrial("down", "--name", "doomed")[0] == 0
    assert apart.look() == before


def test_a_cluster_whose_first_process_was_killed_can_be_brought_up_again(apart):
    assert apart.seatrial("up", "--name", "doomed")[0] == 0
    (first,) = apart.pids("supervisor.py", but="unshare")
    os.kill(first, signal.SIGKILL)
    assert [one["state"] for one in json.loads(apart.seatrial("status", "--output", "json")[1])] == ["dead"]
    code, _, said = apart.seatrial("up", "--name", "doomed")
    assert code == 0, said


@pytest.mark.parametrize(("number", "moment"), [(signal.SIGINT, "images are being loaded"),
                                                (signal.SIGTERM, "the node is linked"),
                                                (signal.SIGHUP, "certificates are being made")])
def test_an_interrupted_up_takes_its_cluster_down(apart, number, moment):
    before = apart.look()
    process = apart.start(*UP)
    while not MOMENTS[moment](apart):
        assert process.poll() is None
    process.send_signal(number)
    _, said = process.communicate()
    assert (process.returncode, "Traceback" in said) == (130, False), said
    assert apart.look() == before


def test_down_ends_an_up_that_is_still_at_it(apart):
    before = apart.look()
    process = apart.start(*UP)
    while not MOMENTS["servers are being started"](apart):
        assert process.poll() is None
    assert apart.seatrial("down", "--name", "doomed")[0] == 0
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert apart.look() == before


def test_a_second_up_of_the_same_name_leaves_the_first_alone(apart):
    first = apart.start(*UP)
    while not MOMENTS["the record is written"](apart):
        assert first.poll() is None
    code, _, said = apart.seatrial(*UP)
    assert (code, f"cluster doomed is being brought up by process {first.pid}" in said) == (2, True), said
    assert json.loads((apart.state / "clusters" / "doomed" / "cluster.json").read_text())["owner"][0] == first.pid
    first.send_signal(signal.SIGINT)
    assert (first.communicate()[0], first.returncode) == ("", 130)


def test_down_of_one_name_leaves_a_longer_name_alone(apart):
    assert apart.seatrial("up", "--name", "a-b")[0] == 0
    there = apart.processes()
    assert apart.seatrial("down", "--name", "a")[0] == 2
    assert apart.seatrial("up", "--name", "a")[0] == 0
    assert apart.seatrial("down", "--name", "a")[0] == 0
    assert set(there) <= set(apart.processes())
    assert "running" in apart.seatrial("status")[1]
