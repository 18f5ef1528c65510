"""The files that a local node's servers start from."""

import json
import tomllib
from pathlib import Path

import pytest

from conformance.clusters.local import node, processes
from conformance.clusters.local.spec import ClusterSpec
from conformance.clusters.machine import cgroups


def told(tmp_path, monkeypatch, *, v2=True):
    """What the kubelet of a new node is told, and the resolv.conf that it hands to pods which want the node's."""
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    monkeypatch.setattr(cgroups, "is_v2", lambda: v2)
    spec = ClusterSpec(name="a", number=0)
    (node,) = spec.nodes
    node.folder.mkdir(parents=True)
    processes._write_kubelet(spec, node)
    kubelet = json.loads((node.folder / "kubelet.json").read_text())
    with open(kubelet["resolvConf"]) as file:
        return kubelet, file.read()


@pytest.fixture
def containerd(tmp_path, monkeypatch):
    """What containerd of a new node is told."""
    monkeypatch.setattr(processes, "cni_folder", lambda: Path("/usr/lib/cni"))
    processes._write_containerd(tmp_path, Path("/built/containerd-shim-runc-v2"))
    return tomllib.loads((tmp_path / "containerd.toml").read_text())


def test_containers_are_started_by_the_shim_that_was_built_with_containerd(containerd):
    runtime = containerd["plugins"]["io.containerd.cri.v1.runtime"]["containerd"]["runtimes"]["runc"]
    assert (runtime["runtime_type"], runtime["runtime_path"]) == (
        "io.containerd.runc.v2", "/built/containerd-shim-runc-v2")


def test_containerd_reads_nothing_that_the_hosts_containerd_is_told(containerd, tmp_path):
    plugins = containerd["plugins"]
    read = [plugins["io.containerd.cri.v1.images"]["registry"]["config_path"],
            plugins["io.containerd.cri.v1.runtime"]["cni"]["conf_dir"],
            *plugins["io.containerd.nri.v1.nri"].values(), *plugins["io.containerd.cri.v1.runtime"]["cdi_spec_dirs"]]
    own = (f"{tmp_path}/", "/run/", "/var/run/")  # a node has a /run of its own
    assert [path for path in read if not path.startswith(own)] == []


def test_a_pod_is_told_something_of_names_but_nothing_of_the_hosts(tmp_path, monkeypatch):
    # Told nothing at all, containerd copies the host's /etc/resolv.conf, and where that is a link into /run (Ubuntu,
    # or any machine with systemd-resolved), which a node hides, no sandbox starts.
    _, resolv_conf = told(tmp_path, monkeypatch)
    assert [line.split()[0] for line in resolv_conf.splitlines()] == ["options"]


def test_only_on_cgroup_v1_the_kubelet_is_told_not_to_refuse_it(tmp_path, monkeypatch):
    kubelet, _ = told(tmp_path / "v1", monkeypatch, v2=False)
    assert kubelet["failCgroupV1"] is False
    kubelet, _ = told(tmp_path / "v2", monkeypatch, v2=True)
    assert "failCgroupV1" not in kubelet


def test_a_machine_that_lets_nobody_go_below_zero_starts_nodes_all_the_same(monkeypatch):
    def refuse(path, text):
        raise PermissionError(f"{path}: {text}")

    monkeypatch.setattr(Path, "write_text", refuse)
    node.be_killed_last()


def test_where_the_machine_allows_it_servers_are_below_all_pods(monkeypatch):
    written = {}
    monkeypatch.setattr(Path, "write_text", lambda path, text: written.update({str(path): int(text)}))
    node.be_killed_last()
    guaranteed = -997  # Kubernetes 1.35, pkg/kubelet/qos/policy.go; its sandbox has one less
    assert written["/proc/self/oom_score_adj"] < guaranteed - 1
