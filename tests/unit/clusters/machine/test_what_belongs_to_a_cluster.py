"""What a cluster's removal takes with it, and what it leaves to others."""

import os
import subprocess
import sys

import pytest

from conformance.clusters.local import bridges, lifecycle
from conformance.clusters.local.spec import ClusterSpec, NodeSpec
from conformance.clusters.machine import cgroups
from conformance.clusters.machine.ownership import born
from conformance.errors import UsageError


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(cgroups, "hierarchies", lambda: [tmp_path / "cgroup"])
    monkeypatch.setattr(bridges, "links", set)  # those that are there belong to clusters that live
    monkeypatch.setattr(bridges, "make_bridge", lambda _: True)
    (tmp_path / "cgroup").mkdir()
    return tmp_path / "state" / "clusters"


def made(tmp_path, cluster, number=1):
    folder = tmp_path / "cgroup" / NodeSpec(cluster=cluster, number=number, address="", pod_cidr="", gpus=0).cgroup
    folder.mkdir()
    return folder


def test_the_cgroups_of_a_cluster_are_not_those_of_a_longer_name(tmp_path):
    mine, mine_too = made(tmp_path, "a", 1), made(tmp_path, "a", 2)
    other = made(tmp_path, "a-1"), made(tmp_path, "a-b"), made(tmp_path, "ab")
    assert sorted(cgroups.ours("a")) == [mine, mine_too]
    assert set(cgroups.ours()) == {mine, mine_too, *other}


def test_the_cgroups_of_another_state_folder_are_not_ours(tmp_path, monkeypatch):
    made(tmp_path, "a")
    monkeypatch.setenv("SEATRIAL_STATE", "/var/lib/seatrial")
    assert cgroups.ours() == []
    made(tmp_path, "a")
    assert [folder.name for folder in cgroups.ours()] == ["seatrial-a-1"]


def test_a_process_that_this_namespace_does_not_see_is_no_target(tmp_path):
    (made(tmp_path, "a") / "cgroup.procs").write_text("0\n17\n")
    assert cgroups.processes(cgroups.ours("a")[0]) == {17}


def test_a_cluster_without_any_record_is_known_by_its_cgroups_and_its_folder(tmp_path, state):
    made(tmp_path, "no-folder")
    (state / "no-record").mkdir(parents=True)
    assert lifecycle.known() == ["no-folder", "no-record"]


def test_a_reader_of_a_nodes_files_is_no_part_of_it(state):
    described = state / "a" / "node-1" / "node.json"
    described.parent.mkdir(parents=True)
    described.touch()
    with subprocess.Popen(["tail", "-f", described]) as reader:
        try:
            assert lifecycle._ours("a") == []
        finally:
            reader.kill()


def test_a_cluster_is_abandoned_when_its_owner_is_gone():
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    spec = ClusterSpec(name="a", number=0, owner=(owner.pid, born(owner.pid)))
    assert not spec.is_abandoned
    owner.communicate()
    assert spec.is_abandoned


def test_a_dead_owner_that_nobody_has_asked_for_is_gone_too():
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    spec = ClusterSpec(name="a", number=0, owner=(owner.pid, born(owner.pid)))
    owner.kill()
    os.waitid(os.P_PID, owner.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
    assert spec.is_abandoned
    owner.communicate()


def test_a_cluster_is_abandoned_when_another_process_has_its_owners_pid():
    assert ClusterSpec(name="a", number=0, owner=(os.getpid(), (born(os.getpid()) or 0) - 1)).is_abandoned


def test_a_cluster_that_nobody_owns_is_never_abandoned():
    assert not ClusterSpec(name="a", number=0).is_abandoned


def test_a_new_cluster_sweeps_what_was_abandoned_and_nothing_else(state):
    gone = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = gone.pid, born(gone.pid)
    gone.communicate()
    ClusterSpec(name="abandoned", number=0, complete=False, owner=owner).save()
    ClusterSpec(name="kept", number=1).save()
    ClusterSpec(name="in-use", number=2, owner=(os.getpid(), born(os.getpid()))).save()
    spec = lifecycle.reserve("new", real_nodes=1, gpus_per_node=0)
    assert sorted(path.name for path in state.iterdir() if path.is_dir()) == ["in-use", "kept", "new"]
    assert spec.number not in (1, 2)
    assert (spec.complete, spec.owner and spec.owner[0]) == (False, os.getpid())


def test_a_name_that_is_being_made_is_taken():
    ClusterSpec(name="a", number=0, complete=False, owner=(os.getpid(), born(os.getpid()))).save()
    with pytest.raises(UsageError, match=f"is being brought up by process {os.getpid()}"):
        lifecycle.reserve("a", real_nodes=1, gpus_per_node=0)


def test_removing_one_that_is_not_there_is_fine():
    lifecycle.remove("nothing")
