import re
from pathlib import Path

import pytest

from conformance.clusters.kwok import (
    LEASE_S,
    MOST_RENEWALS_PER_S,
    RENEWED,
    grace_s,
    kwok_arguments,
    kwok_config,
    lease_s,
)
from conformance.clusters.local import processes
from conformance.clusters.local.spec import ClusterSpec
from conformance.kube import yaml
from conformance.model.labels import EXIT_CODE, FINISH, NEVER_READY, NODE_FAILS, REPORT, RUN_FOR, START_AFTER

OURS = {NODE_FAILS, FINISH, EXIT_CODE, REPORT, RUN_FOR, START_AFTER,
        NEVER_READY}


def documents():
    return [document.data for document in yaml.parse(kwok_config(parallelism=7), "kwok.yaml")]


def stages():
    return {stage["metadata"]["name"]: stage["spec"] for stage in documents()[1:]}


def test_the_configuration_leaves_no_option_to_become_zero():
    configuration = documents()[0]

    assert configuration["kind"] == "KwokConfiguration"
    assert {key: value for key, value in configuration["options"].items() if key.endswith("Parallelism")} == {
        "podPlayStageParallelism": 7, "nodePlayStageParallelism": 7, "nodeLeaseParallelism": 7,
        "podsOnNodeSyncParallelism": 7}


def test_nodes_and_pods_have_all_their_stages():
    assert list(stages()) == ["node-ready", "node-heartbeat", "node-fails", "pod-start", "pod-readiness",
                              "pod-restart", "pod-end", "pod-remove"]
    assert {document["kind"] for document in documents()[1:]} == {"Stage"}


def test_the_stages_and_the_harness_use_the_same_annotations():
    assert set(re.findall(r"seatrial\.io/[a-z-]+", kwok_config())) == OURS


def test_no_stage_of_a_pod_plays_a_kubelet_on_a_failed_node():
    failed = next(step["patch"]["template"] for step in stages()["node-fails"]["steps"])
    assert "address: 192.0.2.1" in failed
    for name, spec in stages().items():
        if name.startswith("pod-") and name != "pod-remove":
            for step in spec["steps"]:
                assert "192.0.2.1" in step["patch"]["template"], name


def test_finalizers_of_others_are_left_alone():
    assert not any("finalizers" in step for spec in stages().values() for step in spec["steps"])


def test_the_arguments_name_every_address_and_file():
    arguments = kwok_arguments(
        kubeconfig=Path("/k"), config=Path("/c"), node_ip="10.1.2.3", cidr="10.64.0.0/12", port=10247,
        tls_cert=Path("/crt"), tls_key=Path("/key"), fake_nodes=2560)

    assert arguments == [
        "--kubeconfig=/k", "--config=/c", "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-ip=10.1.2.3", "--node-port=10247", "--server-address=10.1.2.3:10247", "--cidr=10.64.0.0/12",
        "--node-lease-duration-seconds=80", "--tls-cert-file=/crt", "--tls-private-key-file=/key"]


@pytest.mark.parametrize("nodes", [0, 512, 1280, 1281, 5000, 20_000])
def test_many_nodes_renew_their_leases_more_seldom_and_none_is_lost_between_two_renewals(nodes):
    assert lease_s(nodes) >= LEASE_S
    assert nodes * RENEWED / lease_s(nodes) <= MOST_RENEWALS_PER_S
    assert grace_s(nodes) >= 2 * lease_s(nodes) // RENEWED


def test_few_nodes_are_found_lost_soon():
    assert (lease_s(512), grace_s(512)) == (40, 20)


def test_a_local_cluster_of_many_nodes_gives_each_more_time_and_has_it_renewed_more_seldom(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    spec = ClusterSpec(name="a", number=0)
    node = spec.nodes[0]
    node.folder.mkdir(parents=True)
    binaries = dict.fromkeys(("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"), Path("/b"))
    commands = [*processes._control_plane(spec, node, binaries, 5000), processes._kwok(spec, node, binaries, 5000)]
    said = {word for command in commands for word in command["argv"]}
    assert {"--node-lease-duration-seconds=157", "--node-monitor-grace-period=78s"} <= said
