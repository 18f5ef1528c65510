import re
from pathlib import Path

from conformance import located_yaml
from conformance.clusters.kwok import kwok_arguments, kwok_config
from conformance.model import names

OURS = {names.NODE_FAILS, names.FINISH, names.EXIT_CODE, names.REPORT, names.RUN_FOR, names.START_AFTER,
        names.NEVER_READY}


def documents():
    return [document.data for document in located_yaml.parse(kwok_config(parallelism=7), Path("kwok.yaml"))]


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
        tls_cert=Path("/crt"), tls_key=Path("/key"), lease_s=80)

    assert arguments == [
        "--kubeconfig=/k", "--config=/c", "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-ip=10.1.2.3", "--node-port=10247", "--server-address=10.1.2.3:10247", "--cidr=10.64.0.0/12",
        "--node-lease-duration-seconds=80", "--tls-cert-file=/crt", "--tls-private-key-file=/key"]
