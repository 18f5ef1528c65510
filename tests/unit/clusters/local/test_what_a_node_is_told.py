"""The files that a local node's servers start from."""

import json

from conformance.clusters.local import processes
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
