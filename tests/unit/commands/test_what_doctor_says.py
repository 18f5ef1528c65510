"""What is missing on a machine, and the command that mends it."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from conformance import cli
from conformance.builds.catalogue import PROGRAMS
from conformance.builds.images import host_programs
from conformance.clusters import local
from conformance.clusters.local import lifecycle, processes
from conformance.clusters.machine import cgroups, network
from conformance.errors import SeatrialError


@pytest.fixture(autouse=True)
def complete(monkeypatch):
    """A machine that has everything."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(processes, "program", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(processes, "cni_folder", lambda: Path("/usr/lib/cni"))
    monkeypatch.setattr(cgroups, "hierarchies", lambda: [Path("/sys/fs/cgroup")])
    monkeypatch.setattr(cgroups, "is_crowded", lambda: False)
    monkeypatch.setattr(network, "bridged_traffic_is_dropped", lambda: False)
    monkeypatch.setattr(lifecycle, "container_runtime", lambda: "a containerd and a runc")
    there = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: path in host_programs().values() or there(path))
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path, *args, **more: "overlay\n" if str(path) == "/proc/filesystems"
                        else read(path, *args, **more))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 100e9}))


def test_a_machine_that_has_everything_lacks_nothing(capsys):
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "This machine can run local clusters." in said
    assert "ok       nodes of --cluster local run on a containerd and a runc\n" in said


def no_overlay(patch, *, modprobe):
    """Let the kernel know nothing of overlayfs yet; `modprobe` is what is asked whether it could, None for nothing."""
    patch.setattr(Path, "read_text", lambda path, *_, **__: "ext4\n")
    patch.setattr(processes, "program", lambda name: modprobe if name == "modprobe" else f"/usr/bin/{name}")


LACKS = {
    "root": (lambda patch: patch.setattr(os, "geteuid", lambda: 1000), "root", "sudo -E seatrial"),
    "runc": (lambda patch: patch.setattr(processes, "program", lambda name: None if name == "runc" else "x"),
             "the program runc", "apt-get install -y --no-install-recommends runc"),
    "bash": (lambda patch: patch.setattr(lifecycle, "host_programs", lambda: {"bash": Path("/nowhere/bash")}),
             "a static bash", "apt-get install -y --no-install-recommends bash-static"),
    "overlayfs": (lambda patch: no_overlay(patch, modprobe="false"), "overlayfs in the kernel", "modprobe overlay"),
    "overlayfs and modprobe": (lambda patch: no_overlay(patch, modprobe=None), "overlayfs", "modprobe overlay"),
    "plugins": (lambda patch: patch.setattr(processes, "cni_folder", lambda: None),
                "the CNI plugins", "apt-get install -y --no-install-recommends containernetworking-plugins"),
    "cgroups": (lambda patch: patch.setattr(cgroups, "hierarchies", list), "cgroups", "mount -t cgroup2"),
    "a group of its own": (lambda patch: patch.setattr(cgroups, "is_crowded", lambda: True),
                           "a cgroup root without processes", "> /sys/fs/cgroup/init/cgroup.procs"),
    "forwarding": (lambda patch: patch.setattr(network, "bridged_traffic_is_dropped", lambda: True),
                   "bridged traffic", "iptables -I FORWARD"),
    "linux": (lambda patch: patch.setattr(sys, "platform", "darwin"), "Linux", "--cluster existing"),
}


@pytest.mark.parametrize("lack", LACKS)
def test_what_is_missing_is_named_with_what_mends_it(lack, monkeypatch):
    take_away, what, mend = LACKS[lack]
    take_away(monkeypatch)
    found = lifecycle.missing()
    monkeypatch.undo()
    assert len(found) == 1
    assert what in found[0][0]
    assert mend in found[0][1]


def test_a_module_that_the_first_mount_will_load_is_not_missing(monkeypatch):
    no_overlay(monkeypatch, modprobe="true")
    found = lifecycle.missing()
    monkeypatch.undo()
    assert found == []


def test_it_says_which_containerd_and_which_runc_nodes_get(tmp_path, monkeypatch):
    monkeypatch.undo()
    runc = tmp_path / "runc"
    runc.write_text("#!/bin/sh\necho runc version 1.2.3\necho spec: 1.0.2\n")
    runc.chmod(0o755)
    monkeypatch.setattr(processes, "program", lambda name: str(runc))
    version = PROGRAMS["containerd"].version
    assert local.container_runtime() == f"containerd {version} of our build, runc version 1.2.3"
    monkeypatch.setattr(processes, "program", lambda name: None)
    assert local.container_runtime() == f"containerd {version} of our build, no runc"


def test_doctor_ends_with_1_when_something_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(processes, "cni_folder", lambda: None)
    assert cli.main(["doctor"]) == 1
    assert "MISSING  the CNI plugins\n         mend it with: apt-get install" in capsys.readouterr().out


def test_a_full_disk_is_missing_room(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1e9}))
    assert cli.main(["doctor"]) == 1
    assert "MISSING  1 GB of disk are free" in capsys.readouterr().out


def test_up_says_all_that_is_missing_at_once(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(processes, "cni_folder", lambda: None)
    with pytest.raises(SeatrialError, match=r"lacks root.*; the CNI plugins") as refused:
        local.up("a")
    assert refused.value.way_out.startswith("sudo -E seatrial ... && apt-get install")
