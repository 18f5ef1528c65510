"""What goes wrong on the machine while a cluster comes up is named, and nothing stays."""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance.clusters import local
from conformance.clusters.local import bridges, lifecycle
from conformance.errors import SeatrialError


@pytest.fixture
def small_disk(monkeypatch):
    """A disk of 90 MB that holds the state: etcd and containerd start on it, images do not fit."""
    folder = Path(tempfile.mkdtemp(prefix="seatrial-", dir="/var/tmp"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m", "none", str(folder)], check=True)
    monkeypatch.setenv("SEATRIAL_STATE", str(folder))
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def test_a_disk_too_small_for_a_node_is_refused_before_anything_is_started(small_disk):
    before = bridges.links()
    with pytest.raises(SeatrialError, match=rf"the disk that holds {small_disk}/clusters has 9\d MB free, "
                                            "1 node need 400") as refused:
        local.up("too-big", profile=None)
    assert "SEATRIAL_STATE" in refused.value.way_out
    assert bridges.links() == before


def test_a_disk_that_fills_up_while_a_cluster_comes_up_is_named_and_nothing_stays(small_disk, monkeypatch):
    monkeypatch.setattr(lifecycle, "ROOM_PER_NODE_MB", 0)  # as if another program took the room afterwards
    before = bridges.links()
    with pytest.raises(SeatrialError, match=rf"^the disk that holds {small_disk}/clusters is full"):
        local.up("squeezed", profile=None)
    assert lifecycle.leftovers("squeezed") == []
    assert bridges.links() == before


TAKE_A_NUMBER = """
import sys
from conformance.clusters.local import bridges, lifecycle
from conformance.clusters.machine import network
sys.stdin.readline()
for turn in range(8):
    print(lifecycle.reserve(f"taken-{turn}", real_nodes=1, gpus_per_node=0).number, flush=True)
sys.stdin.readline()
lifecycle.remove_all()
"""


def test_clusters_of_two_state_folders_that_start_together_never_share_a_number(tmp_path):
    before, numbers = bridges.links(), []
    with ExitStack() as racers:
        started = [racers.enter_context(subprocess.Popen(
            [sys.executable, "-c", TAKE_A_NUMBER], env=os.environ | {"SEATRIAL_STATE": str(tmp_path / state)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) for state in ("mine", "yours")]
        for racer in started:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        numbers = [int(racer.stdout.readline()) for _ in range(8) for racer in started]
        for racer in started:
            racer.communicate("over\n")
    assert [racer.returncode for racer in started] == [0, 0]
    assert len(set(numbers)) == len(numbers) == 16
    assert bridges.links() == before
