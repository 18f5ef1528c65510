"""What a behaviour holds on a cluster that is not ours: its work goes where it may, and counts while it is there."""

from dataclasses import replace

import pytest

from conformance import assets, catalog
from conformance.clusters.existing import ExistingCluster
from conformance.clusters.existing.fence import Bounds, FencedApi
from conformance.errors import Disabled, Unsupported
from conformance.folder import read
from conformance.kube.api import Api, Overloaded, Unreachable
from conformance.model.fidelity import Fidelity
from conformance.model.permit import Permit
from conformance.model.workload import Placement, gang, job
from conformance.platform import HOME, Platform, on_existing

JOB, CLASS = "batch/v1/Job", "kueue.x-k8s.io/v1beta2/WorkloadPriorityClass"
H100 = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "topology.kubernetes.io/zone": "seatrial-1"}


@pytest.fixture
def folder():
    return read.load(assets.folder("reference-manifests") / "team-queues")


@pytest.fixture
def opened(pretend_cluster, folder):
    """A function that opens a platform on a cluster with these nodes, for team vision."""
    def run(*, fake=False, **allowed):
        permit = Permit(**{"prefix": "mine-", "max_gpus": 16, "max_pods": 4,
                           "placement": Placement(node_selector=(("pool", "a"),), image="busybox:1"), **allowed})
        for name, pool in (("n1", "a"), ("n2", "b")):
            annotations = {"kwok.x-k8s.io/node": "fake"} if fake else {}
            pretend_cluster.add("v1/Node", name, status={"allocatable": {"nvidia.com/gpu": "8"}}, metadata={
                "labels": {**H100, "pool": pool, "topology.seatrial.io/rack": f"rack-{pool}"}, "annotations": annotations})
        api = FencedApi.open(pretend_cluster.kubeconfig)
        api.permit, api.bounds = permit, Bounds(permit)
        cluster = ExistingCluster(api, Api.open(pretend_cluster.kubeconfig), permit, bounds=api.bounds)
        moved = on_existing.moved(folder, permit)
        return Platform(cluster, api, moved, catalog.components()["kueue"], moved.promises.teams[0], None)

    return run


def test_work_is_submitted_where_it_may_run(opened, pretend_cluster):
    submitted = opened().submit(job(gpus=8))
    (name,) = pretend_cluster.find(JOB)
    made = pretend_cluster.read(JOB, name, "mine-team-vision")
    pod = made["spec"]["template"]["spec"]
    assert (pod["nodeSelector"], pod["containers"][0]["image"]) == ({"pool": "a"}, "busybox:1")
    assert made["metadata"]["labels"]["seatrial.io/made-under"] == "mine"
    submitted.delete()
    assert pretend_cluster.find(JOB) == []


def test_what_is_gone_no_longer_counts(opened, pretend_cluster):
    platform = opened()
    first = platform.submit(job(gpus=16))
    with pytest.raises(Disabled, match="24 GPUs at once, and --max-gpus allows 16"):
        platform.submit(job(gpus=8))
    assert len(pretend_cluster.find(JOB)) == 1
    first.delete()
    platform.submit(job(gpus=8))
    platform.clear()
    platform.submit(job(gpus=16))
    with pytest.raises(Disabled, match="pods at once"):
        platform.claim("occupants", 5, 0)


def test_a_priority_is_made_once_by_the_name_that_was_allowed_and_stays_while_the_run_lasts(opened, pretend_cluster):
    platform = opened(cluster_objects=frozenset({"WorkloadPriorityClass/mine-priority-10"}))
    for _ in range(2):
        platform.submit(job(gpus=8, priority=10))
    assert pretend_cluster.find(CLASS) == ["mine-priority-10"]
    platform.clear()
    assert pretend_cluster.find(CLASS) == ["mine-priority-10"]
    with pytest.raises(Disabled) as refused:
        platform.submit(job(gpus=8, priority=100))
    assert refused.value.way_out == "--cluster-object WorkloadPriorityClass/mine-priority-100"


def test_pods_on_real_nodes_go_instead_of_finishing_and_do_not_fail_on_demand(opened, pretend_cluster):
    platform = opened()
    assert platform.on_real_nodes
    work = platform.submit(job(gpus=8))
    with pytest.raises(Unsupported, match="none of them fails on demand"):
        work.fail_one()
    work.finish()
    assert pretend_cluster.find(JOB) == []


def test_pods_on_fake_nodes_are_told_to_finish(opened, pretend_cluster):
    platform = opened(fake=True)
    assert not platform.on_real_nodes
    work = platform.submit(job(gpus=8))
    pretend_cluster.add("v1/Pod", "p", "mine-team-vision", metadata={"labels": {"seatrial.io/workload": work.name}})
    work.finish()
    assert pretend_cluster.read("v1/Pod", "p", "mine-team-vision")["metadata"]["annotations"] == {
        "seatrial.io/finish": "succeeded"}


def test_only_nodes_count_on_which_work_may_stand(opened):
    platform = opened()
    assert [node["metadata"]["name"] for node in platform.nodes_of(platform.served_team)] == ["n1"]
    with pytest.raises(Unsupported, match="it takes 2 nodes on which work of vision may stand, and there are 1"):
        platform.nodes_of(platform.served_team, at_least=2)
    assert platform.domain_of_node("rack") == {"n1": "rack-a"}


def test_the_least_real_node_on_which_work_may_stand_says_how_real_it_is(opened, pretend_cluster):
    platform = opened()
    assert platform.cluster.fidelity is Fidelity.NODE
    pretend_cluster.add("v1/Node", "n3", status={"allocatable": {"nvidia.com/gpu": "8"}}, metadata={
        "labels": {"pool": "b"}, "annotations": {"kwok.x-k8s.io/node": "fake"}})
    assert opened().cluster.fidelity is Fidelity.NODE
    everywhere = opened(placement=Placement())
    assert everywhere.cluster.fidelity is Fidelity.CONTROL_PLANE


def test_what_belongs_to_no_team_and_to_strangers_lies_in_namespaces_of_the_run(opened, pretend_cluster):
    platform = opened()
    assert (platform.home, platform.make_home(), platform.nobody.namespace) == ("mine-system",) * 3
    assert platform.stranger_namespace(platform.served_team) == "mine-stranger"
    assert pretend_cluster.find("kueue.x-k8s.io/v1beta2/LocalQueue", "mine-stranger") == ["gpus"]
    assert pretend_cluster.find("v1/Namespace") == []


def test_the_api_is_asked_about_objects_where_we_may_ask(opened, pretend_cluster):
    platform = opened()
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "theirs"}}
    assert platform.would_take(pod)["metadata"]["namespace"] == "mine-team-vision"
    assert platform.would_take({**pod, "metadata": {"name": "p", "namespace": "mine-a"}})["metadata"]["namespace"] == "mine-a"
    assert pretend_cluster.find("v1/Pod") == []
    with pytest.raises(Disabled):
        platform.would_take({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue",
                             "metadata": {"name": platform.cluster_name("rules")}})


def test_on_a_cluster_of_ours_nothing_of_this_applies(opened, pretend_cluster):
    platform = opened()
    platform.cluster = replace(platform.cluster, permit=None)
    assert (platform.home, platform.nobody.namespace) == (HOME, "kube-system")
    assert platform.placed(gang(pods=2)).placement is None
    assert platform.cluster_name("rules") != platform.cluster_name("rules")


@pytest.mark.parametrize(("error", "stays"), [
    (Unreachable("gone", may_be_done=True), []), (Overloaded("busy", may_be_done=True), []), (Unreachable("gone"), ["it"])])
def test_what_may_have_been_made_although_nobody_was_told_goes_too(opened, pretend_cluster, monkeypatch, error, stays):
    """And what was not made by us stays: it only has the same name."""
    platform, create = opened(), FencedApi.create

    def make(self, obj):
        create(self, obj)
        raise error

    monkeypatch.setattr(FencedApi, "create", make)
    with pytest.raises(type(error)):
        platform.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "it", "namespace": "mine-team-vision"}})
    assert pretend_cluster.find("v1/ConfigMap") == ["it"]
    platform.clear()
    assert pretend_cluster.find("v1/ConfigMap") == stays
