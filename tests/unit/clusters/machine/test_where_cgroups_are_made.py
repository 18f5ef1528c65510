"""A node's cgroups on a machine with cgroup v2, and where they cannot be made."""

import pytest

from conformance.clusters.machine import cgroups
from conformance.errors import SeatrialError


@pytest.fixture
def v2(tmp_path, monkeypatch):
    """The root of a machine's cgroup v2 tree."""
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu memory pids\n")
    (tmp_path / "cgroup.procs").write_text("1\n2\n")
    return tmp_path


def test_a_node_is_handed_every_controller_and_its_processes_live_in_a_leaf(v2):
    (v2 / "seatrial-a-1").mkdir()  # the kernel fills folders that it makes; here they are plain
    assert cgroups.make("seatrial-a-1") == [v2 / "seatrial-a-1" / "system"]
    for folder in (v2, v2 / "seatrial-a-1"):
        assert (folder / "cgroup.subtree_control").read_text() == "+cpuset +cpu +memory +pids"
    assert not (v2 / "seatrial-a-1" / "system" / "cgroup.subtree_control").exists()


def test_the_machines_root_may_have_processes(v2):
    assert not cgroups.is_crowded()


def test_a_containers_root_may_not(v2):
    (v2 / "cgroup.type").write_text("domain\n")
    assert cgroups.is_crowded()
    (v2 / "cgroup.procs").write_text("")
    assert not cgroups.is_crowded()


def test_a_folder_that_cannot_be_made_is_named_with_the_reason(v2):
    (v2 / "seatrial-a-1").write_text("in the way")
    with pytest.raises(SeatrialError, match="seatrial-a-1 cannot be made: File exists"):
        cgroups.make("seatrial-a-1")
