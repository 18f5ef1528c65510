"""What kind is told of a cluster, and what is recorded of it."""

import json
from pathlib import Path

import pytest

from conformance.clusters.kind import settings
from conformance.clusters.kind.configuration import configuration
from conformance.clusters.kind.spec import KindSpec
from conformance.errors import UsageError


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    return tmp_path


def patches(found, kind):
    texts = [text for part in (found, *found["nodes"]) for text in part.get("kubeadmConfigPatches", ())]
    return [patch for patch in map(json.loads, texts) if patch["kind"] == kind]


@pytest.mark.parametrize(("nodes", "names"), [
    (1, ["a-control-plane"]), (3, ["a-control-plane", "a-worker", "a-worker2"])])
def test_nodes_have_the_names_that_kind_gives_them(nodes, names):
    assert [node.name for node in KindSpec(name="a", real_nodes=nodes).nodes] == names


def test_every_node_shares_its_device_plugin_folder_with_the_host(state):
    found = configuration(KindSpec(name="a", real_nodes=2), cgroup_v1=False, bounded=False)
    assert [node["extraMounts"][0] for node in found["nodes"]] == [
        {"hostPath": f"{state}/kind/a/node-{number}/device-plugins", "containerPath": "/var/lib/kubelet/device-plugins"}
        for number in (1, 2)]


@pytest.mark.parametrize(("cgroup_v1", "said"), [(True, False), (False, None)])
def test_the_kubelet_is_told_to_bear_cgroup_v1_only_where_it_has_to(cgroup_v1, said):
    (kubelet,) = patches(configuration(KindSpec(name="a"), cgroup_v1=cgroup_v1, bounded=False), "KubeletConfiguration")
    assert kubelet.get("failCgroupV1") is said


@pytest.mark.parametrize("bounded", [True, False])
def test_containers_do_without_sys_resource_only_where_it_cannot_be_had(bounded):
    found = configuration(KindSpec(name="a"), cgroup_v1=False, bounded=bounded)
    assert ("restrict_oom_score_adj = true" in str(found.get("containerdConfigPatches"))) == bounded


@pytest.mark.parametrize(("nodes", "patched"), [(1, 0), (2, 1)])
def test_pods_run_on_every_real_node(nodes, patched):
    """kind takes the control plane's taint off a node that is alone, and fails when there is none to take off."""
    found = patches(configuration(KindSpec(name="a", real_nodes=nodes), cgroup_v1=False, bounded=False),
                    "InitConfiguration")
    assert found == [{"kind": "InitConfiguration", "nodeRegistration": {"taints": []}}] * patched


def test_patches_of_a_person_come_last(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text("kind: KubeletConfiguration\nmaxPods: 30\n---\nkind: ClusterConfiguration\n")
    monkeypatch.setenv(settings.PATCHES_VARIABLE, str(tmp_path / "mine.yaml"))
    found = configuration(KindSpec(name="a"), cgroup_v1=True, bounded=False, patches=settings.patches())
    assert patches(found, "KubeletConfiguration")[-1] == {"kind": "KubeletConfiguration", "maxPods": 30}
    assert len(patches(found, "ClusterConfiguration")) == 2


@pytest.mark.parametrize(("text", "said"), [
    ("maxPods: 30\n", "document 1 has no `kind`"), ("a: [\n", "not YAML"), (None, "there is no such file")])
def test_patches_that_cannot_be_meant_are_refused_with_the_file(tmp_path, monkeypatch, text, said):
    file = tmp_path / "mine.yaml"
    if text:
        file.write_text(text)
    monkeypatch.setenv(settings.PATCHES_VARIABLE, str(file))
    with pytest.raises(UsageError, match=said) as refused:
        settings.patches()
    assert str(file) in refused.value.message


@pytest.mark.parametrize("wrong", [{"name": "A"}, {"name": "a", "real_nodes": 0}, {"name": "a", "real_nodes": 9}])
def test_what_cannot_be_made_is_refused(wrong):
    with pytest.raises(UsageError):
        KindSpec(**wrong)


def test_a_record_that_another_version_wrote_is_understood():
    spec = KindSpec(name="a", owner=(1, 2), docker_host="unix:///x")
    spec.save()
    record = spec.folder / "cluster.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"later": 1}))
    assert KindSpec.read("a") == spec


def test_state_folders_have_networks_of_their_own(monkeypatch):
    here = KindSpec(name="a").network
    monkeypatch.setenv("SEATRIAL_STATE", "/var/lib/seatrial")
    assert KindSpec(name="a").network == "seatrial-kind-a" != here


def test_the_user_kubeconfig_is_not_ours(monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    assert KindSpec(name="a").kubeconfig == Path(KindSpec(name="a").folder, "kubeconfig")


def test_a_node_of_many_is_given_more_time_before_it_is_lost():
    few, many = (configuration(KindSpec(name="a"), cgroup_v1=False, bounded=False, fake_nodes=count)
                 for count in (0, 5000))
    (before,), (after,) = (patches(found, "ClusterConfiguration") for found in (few, many))
    grace = [found["controllerManager"]["extraArgs"]["node-monitor-grace-period"] for found in (before, after)]
    assert grace == ["20s", "78s"]
