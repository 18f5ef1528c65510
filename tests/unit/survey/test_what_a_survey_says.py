"""What a cluster has and what can be checked there, on a small API server that counts what it is asked."""

import json

import pytest

from conformance import assets, cli
from conformance.survey import nodes

H100 = {"nvidia.com/gpu.present": "true", "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
        "nvidia.com/gpu.memory": "81559", "nvidia.com/gpu.count": "8", "nvidia.com/gpu.replicas": "1"}
READY = [{"type": "Ready", "status": "True"}]


def add_node(cluster, name, devices, labels=H100, fake=False, ready=True):
    annotations = {"kwok.x-k8s.io/node": "fake"} if fake else {}
    cluster.add("v1/Node", name, metadata={"labels": labels, "annotations": annotations},
                status={"allocatable": {"cpu": "64", **devices}, "conditions": READY if ready else []})


def add_pod(cluster, name, node, phase="Running", **limits):
    cluster.add("v1/Pod", name, "team", spec={"nodeName": node, "containers": [
        {"name": "a", "resources": {"limits": {key.replace("_", "/"): value for key, value in limits.items()}}}]},
        status={"phase": phase})


def add_kueue(cluster):
    cluster.add("apps/v1/Deployment", "kueue-controller-manager", "kueue-system", spec={"template": {"spec": {
        "containers": [{"image": "registry.k8s.io/kueue/kueue:v0.19.2"}]}}})
    cluster.add("v1/ConfigMap", "kueue-manager-config", "kueue-system",
                data={"controller_manager_config.yaml": "fairSharing: {}\n"})
    cluster.add("kueue.x-k8s.io/v1beta2/ResourceFlavor", "h100", spec={})
    for name, nominal in (("vision", 24), ("language", 8)):
        gpu = {"name": "nvidia.com/gpu", "nominalQuota": nominal, "borrowingLimit": 16, "lendingLimit": 8}
        used = {"flavors": "x", "flavorsReservation": [{"name": "h100", "resources": [
            {"name": "nvidia.com/gpu", "total": "3"}]}]} if name == "vision" else {}
        cluster.add("kueue.x-k8s.io/v1beta2/ClusterQueue", name, status=used, spec={
            "cohortName": "research", "resourceGroups": [{"coveredResources": ["nvidia.com/gpu"], "flavors": [
                {"name": "h100", "resources": [gpu]}]}], "preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"}})
        cluster.add("kueue.x-k8s.io/v1beta2/LocalQueue", "gpus", f"team-{name}", spec={"clusterQueue": name})


@pytest.fixture
def cluster(pretend_cluster):
    add_node(pretend_cluster, "h1", {"nvidia.com/gpu": "8"})
    add_node(pretend_cluster, "h2", {"nvidia.com/gpu": "8"}, ready=False)
    add_node(pretend_cluster, "cpu", {}, labels={})
    add_pod(pretend_cluster, "holds", "h1", nvidia_com="1", **{"nvidia.com_gpu": "2"})
    add_pod(pretend_cluster, "ended", "h1", phase="Succeeded", **{"nvidia.com_gpu": "4"})
    add_pod(pretend_cluster, "waits", "", **{"nvidia.com_gpu": "4"})
    add_kueue(pretend_cluster)
    return pretend_cluster


@pytest.fixture
def survey(cluster, capsys):
    """A function that runs the command; returns its exit code and what it printed, as JSON unless text is wanted."""
    def run(*words, form="json"):
        code = cli.main(["survey", "--kubeconfig", str(cluster.kubeconfig), "--output", form, *words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, json.loads(said.out) if form == "json" and said.out else said.out + said.err

    return run


def test_nodes_are_told_apart_by_their_gpus(cluster, survey):
    add_node(cluster, "k1", {"nvidia.com/gpu": "8"}, fake=True)
    add_node(cluster, "s1", {"nvidia.com/gpu": "32"}, labels=H100 | {"nvidia.com/gpu.replicas": "4"})
    add_node(cluster, "p1", {"nvidia.com/gpu": "16"},
             labels=H100 | {"nvidia.com/gpu.replicas": "2", "nvidia.com/gpu.sharing-strategy": "mps"})
    add_node(cluster, "m1", {"nvidia.com/mig-1g.10gb": "14", "nvidia.com/mig-3g.40gb": "2"},
             labels=H100 | {"nvidia.com/mig.strategy": "mixed", "nvidia.com/mig.config": "mine"})
    add_node(cluster, "m2", {"nvidia.com/gpu": "56"}, labels=H100 | {
        "nvidia.com/mig.strategy": "single", "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb",
        "nvidia.com/gpu.count": "56"})
    add_node(cluster, "bare", {"nvidia.com/gpu": "2"}, labels={})
    code, said = survey()
    assert code == 0
    told = {(group["product"][-8:], group["sharing"], group["replicas"], group["mig"], group["mig_config"], group["real"]):
            (group["nodes"], group["ready"], group["gpus"], group["devices"]) for group in said["nodes"]["gpu_nodes"]}
    assert told == {
        ("0GB-HBM3", "none", 1, "none", "", True): (2, 1, 16, {"nvidia.com/gpu": 16}),
        ("0GB-HBM3", "none", 1, "none", "", False): (1, 1, 8, {"nvidia.com/gpu": 8}),
        ("0GB-HBM3", "time-slicing", 4, "none", "", True): (1, 1, 8, {"nvidia.com/gpu": 32}),
        ("0GB-HBM3", "mps", 2, "none", "", True): (1, 1, 8, {"nvidia.com/gpu": 16}),
        ("0GB-HBM3", "none", 1, "mixed", "mine", True):
            (1, 1, 8, {"nvidia.com/mig-1g.10gb": 14, "nvidia.com/mig-3g.40gb": 2}),
        ("-1g.10gb", "none", 1, "single", "", True): (1, 1, None, {"nvidia.com/gpu": 56}),
        ("", "none", 1, "none", "", True): (1, 1, None, {"nvidia.com/gpu": 2}),
    }
    assert (said["nodes"]["nodes"], said["nodes"]["fake"], said["nodes"]["ready"]) == (9, 1, 8)
    text = survey(form="text")[1]
    assert "8 GPUs on 1 real node: 32 nvidia.com/gpu (0 in use); shared by time-slicing, 4 pods each" in text
    assert "14 nvidia.com/mig-1g.10gb (0 in use), 2 nvidia.com/mig-3g.40gb (0 in use); MIG mixed, layout mine" in text
    assert "a model that no label names (is GPU Feature Discovery there?)" in text


def test_only_pods_that_are_on_a_node_and_have_not_ended_hold_gpus(survey):
    said = survey()[1]["nodes"]
    assert (said["pods"], said["gpu_pods"]) == (3, 1)
    assert [group["in_use"] for group in said["gpu_nodes"]] == [{"nvidia.com/gpu": 2}]


def test_queues_are_told_with_what_they_promise_and_hold(survey):
    vision = next(queue for queue in survey()[1]["queues"] if queue["name"] == "vision")
    assert vision == {"kind": "ClusterQueue", "name": "vision", "cohort": "research", "guaranteed_gpus": 24,
                      "may_borrow_gpus": 8, "lends_gpus": 8, "gpus_in_use": 3, "doors": ["team-vision/gpus"]}


def test_gateways_metrics_admission_and_other_products_are_told(cluster, survey):
    cluster.kinds["serving.kserve.io/v1beta1/InferenceService"] = "inferenceservices"
    cluster.add("gateway.networking.k8s.io/v1/GatewayClass", "envoy", spec={"controllerName": "example.com/envoy"})
    cluster.add("gateway.networking.k8s.io/v1/Gateway", "front", "models", spec={"gatewayClassName": "envoy"},
                status={"conditions": [{"type": "Programmed", "status": "True"}]})
    cluster.add("templates.gatekeeper.sh/v1/ConstraintTemplate", "seatriala",
                spec={"crd": {"spec": {"names": {"kind": "SeatrialA"}}}})
    cluster.add("constraints.gatekeeper.sh/v1beta1/SeatrialA", "a", spec={"enforcementAction": "deny"})
    text = survey(form="text")[1]
    for line in ("Also there    KServe v1beta1", "GatewayClass envoy: example.com/envoy",
                 "Gateway models/front: envoy, programmed", "custom.metrics.k8s.io v1beta2: 1 metrics",
                 "Gatekeeper: 1 templates; constraints: 1 deny"):
        assert line in text


def test_a_metric_api_that_does_not_answer_is_told(cluster, survey):
    cluster.answers["/apis/custom.metrics.k8s.io/v1beta2"] = (503, {"message": "no endpoints"})
    assert "custom.metrics.k8s.io v1beta2: does not answer: " in survey(form="text")[1]


def test_checks_say_how_real_they_are_and_what_they_lack(survey):
    checks = {check["id"]: check for check in survey()[1]["checks"]}
    here = checks["scheduling/quota::a_team_gets_its_guaranteed_gpus_to_the_unit[vision]"]
    assert (here["fidelity"], here["missing"]) == ("hardware", "")
    assert here["allowed_by"] == ["--allow-changes PREFIX", "--may-disturb cohort"]
    assert checks["scheduling/preemption::urgent_work_takes_from_the_least_urgent[vision]"]["allowed_by"][-1] == (
        "--cluster-object WorkloadPriorityClass/PREFIX-priority-10 --cluster-object "
        "WorkloadPriorityClass/PREFIX-priority-100 --cluster-object WorkloadPriorityClass/PREFIX-priority-1000")
    gang = checks["scheduling/gang_recovery::an_evicted_pod_restarts_the_whole_job_where_the_policy_says_so[nothing]"]
    assert gang["fidelity"] is None
    assert gang["supplied_by"] == "volcano"
    assert checks["training/training_gangs::" + next(
        one for one in checks if one.startswith("training/training_gangs::")).partition("::")[2]]["supplied_by"] == \
        "training-operator with its argument --gang-scheduler-name=volcano"
    # Its manager is told to share fairly, as the cluster's own configuration says.
    assert checks["scheduling/fair_sharing::borrowers_share_spare_gpus_evenly[vision]"]["missing"] == ""


def test_with_a_fake_node_no_check_stands_on_more_than_the_control_plane(cluster, survey):
    add_node(cluster, "k1", {"nvidia.com/gpu": "8"}, fake=True)
    said = survey()[1]
    assert said["fidelity"] == "control-plane"
    assert {check["fidelity"] for check in said["checks"]} == {None, "control-plane"}
    # Others are real: a run wants to know which.
    assert all("--node-selector KEY=VALUE" in check["allowed_by"] for check in said["checks"] if check["fidelity"])


@pytest.mark.parametrize("label", ["run.ai/simulated-gpu-node-pool", "seatrial.io/node"])
def test_gpus_that_are_played_are_no_hardware(cluster, survey, label):
    add_node(cluster, "played", {"nvidia.com/gpu": "8"}, labels=H100 | {label: "default"})
    assert survey()[1]["fidelity"] == "node"


def test_the_promises_of_a_folder_are_what_checks_are_about(survey):
    folder = assets.folder("reference-manifests") / "gang-training"
    code, said = survey("--platform", str(folder))
    assert (code, said["platform"], said["drafted"]) == (0, "gang-training", False)
    quota = [check for check in said["checks"] if check["id"].startswith("scheduling/quota::")]
    assert {check["missing"] for check in quota if check["subject"]} == {"volcano is not there"}
    assert "of gang-training:" in survey("--platform", str(folder), form="text")[1]


KINDS = {"list nodes": "GPUs", "list pods": "Pods", "list clusterqueues.kueue.x-k8s.io": "Queues",
         "get deployments.apps in kueue-system": "Components", "get configmaps in kueue-system": "Components",
         "list gatewayclasses.gateway.networking.k8s.io": "Gateways"}


@pytest.mark.parametrize("what", KINDS)
def test_what_may_not_be_read_is_named_and_the_rest_is_told(cluster, survey, what):
    verb, resource = what.split()[:2]
    cluster.refuse.add((verb, resource))
    code, said = survey()
    assert code == 3
    assert what in [one["what"] for one in said["unread"]]
    assert said["kubernetes"] == "v1.35.4"
    text = survey(form="text")[1]
    assert f"  {what}" in text
    assert f"trial may not {verb} {resource} in" in text
    assert f"grant it the verb {verb} on {resource}" in text
    assert KINDS[what] in text


def test_pods_that_may_not_be_read_are_not_counted_as_none(cluster, survey):
    cluster.refuse.add(("list", "pods"))
    assert survey()[1]["nodes"]["pods"] is None
    assert "Pods          may not be read" in survey(form="text")[1]


def test_a_cluster_that_shows_nothing_is_told_and_no_more(cluster, survey):
    cluster.allowed = lambda verb, resource, namespace: False
    code, said = survey()
    assert code == 3
    assert said["checks"]
    assert not [check for check in said["checks"] if check["fidelity"]]


def test_it_only_reads(cluster, survey):
    survey()
    assert {verb for verb, *_ in cluster.asked} == {"list", "get"}


def test_lists_come_in_pages(cluster, survey):
    for number in range(1201):
        add_pod(cluster, f"p{number}", "h1", **{"nvidia.com_gpu": "1"})
    assert survey()[1]["nodes"]["gpu_pods"] == 1202
    assert [verb for verb, resource, *_ in cluster.asked if resource == "pods"] == ["list"] * 3


@pytest.mark.parametrize(("answer", "code", "text"), [
    ((401, {"message": "Unauthorized"}), 3, "does not accept the client certificate of context pretend"),
    ((500, {"message": "boom"}), 3, "500 boom")])
def test_a_cluster_that_does_not_let_us_in_is_told_in_one_line(cluster, survey, answer, code, text):
    cluster.answers["/version"] = answer
    told = survey(form="text")
    assert told[0] == code
    assert text in told[1]


def test_an_unknown_context_is_wrong_usage(survey):
    code, said = survey("--context", "elsewhere", form="text")
    assert code == 2
    assert "its contexts are: pretend" in said


def test_instances_are_counted_from_any_offered_resource():
    node = {"status": {"allocatable": {"nvidia.com/mig-1g.10gb": "7", "nvidia.com/gpu": "0", "cpu": "4"}}}
    assert nodes._devices(node) == {"nvidia.com/mig-1g.10gb": 7}
