"""Behind the fence: what is written bears our label and lies where it may, and no more than may be is asked for."""

import pytest

from conformance.clusters.existing.fence import Bounds, FencedApi
from conformance.errors import Disabled, SeatrialError
from conformance.model.permit import Disturbance, Permit

JOB, POD, QUEUE = "batch/v1/Job", "v1/Pod", "kueue.x-k8s.io/v1beta2/ClusterQueue"


def fenced(cluster, **allowed):
    api = FencedApi.open(cluster.kubeconfig)
    api.permit = Permit(prefix="mine-", **allowed)
    api.bounds = Bounds(api.permit)
    return api


def obj(kind, name, namespace=None, **more):
    version, _, word = kind.rpartition("/")
    return {"apiVersion": version, "kind": word, "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
            **more}


def test_what_is_made_bears_our_label_and_keeps_its_own(pretend_cluster):
    api = fenced(pretend_cluster)
    job = obj(JOB, "a", "mine-team")
    job["metadata"]["labels"] = {"theirs": "b"}
    api.create(job)
    api.apply(obj("v1/Namespace", "mine-new"))
    assert pretend_cluster.read(JOB, "a", "mine-team")["metadata"]["labels"] == {"theirs": "b", "seatrial.io/made-under":
                                                                                 "mine"}
    assert pretend_cluster.read("v1/Namespace", "mine-new")["metadata"]["labels"] == {"seatrial.io/made-under": "mine"}
    assert job["metadata"]["labels"] == {"theirs": "b"}


WRITES = {
    "make a job elsewhere": lambda api: api.create(obj(JOB, "a", "team")),
    "make a job in default": lambda api: api.create(obj(JOB, "a")),
    "ask for a job elsewhere": lambda api: api.create(obj(JOB, "a", "team"), dry_run=True),
    "make a namespace": lambda api: api.apply(obj("v1/Namespace", "team")),
    "make a namespace that only begins alike": lambda api: api.create(obj("v1/Namespace", "mine")),
    "delete a pod elsewhere": lambda api: api.delete(POD, "a", "team"),
    "change a pod elsewhere": lambda api: api.patch(POD, "a", {"spec": {}}, "team"),
    "delete a namespace": lambda api: api.delete("v1/Namespace", "team"),
}


@pytest.mark.parametrize("what", WRITES)
def test_nothing_outside_of_the_prefix_is_written(pretend_cluster, what):
    with pytest.raises(SeatrialError, match="which does not begin with mine-"):
        WRITES[what](fenced(pretend_cluster))
    assert not [verb for verb, *_ in pretend_cluster.asked if verb not in ("get", "list")]


def test_what_lies_in_no_namespace_was_named_before(pretend_cluster):
    queue = obj(QUEUE, "mine-rules", spec={})
    for write in (lambda api: api.create(queue), lambda api: api.create(queue, dry_run=True),
                  lambda api: api.delete(QUEUE, "mine-rules")):
        with pytest.raises(Disabled) as refused:
            write(fenced(pretend_cluster, cluster_objects=frozenset({"ClusterQueue/mine-other"})))
        assert refused.value.way_out == "--cluster-object ClusterQueue/mine-rules"
    fenced(pretend_cluster, cluster_objects=frozenset({"ClusterQueue/mine-rules"})).create(queue)
    assert pretend_cluster.find(QUEUE) == ["mine-rules"]


def test_nodes_are_left_alone_until_that_is_asked_for(pretend_cluster):
    pretend_cluster.add("v1/Node", "n")
    with pytest.raises(Disabled) as refused:
        fenced(pretend_cluster).patch("v1/Node", "n", {"metadata": {"annotations": {"a": "b"}}})
    assert refused.value.way_out == "--may-disturb nodes"
    fenced(pretend_cluster, may_disturb=frozenset({Disturbance.NODES})).patch("v1/Node", "n", {"metadata": {}})


def test_no_more_is_asked_for_at_once_than_is_allowed():
    bounds = Bounds(Permit(prefix="mine-", max_gpus=16, max_pods=3))
    bounds.take(2, 16)
    with pytest.raises(Disabled, match="its work would ask for 17 GPUs at once, and --max-gpus allows 16") as refused:
        bounds.take(1, 1)
    assert refused.value.way_out == "--max-gpus 17 or more"
    with pytest.raises(Disabled, match="its work would ask for 4 pods at once, and --max-pods allows 3"):
        bounds.take(2, 0)
    bounds.give_back(2, 16)
    bounds.take(3, 16)


def test_when_the_time_is_over_nothing_is_made_and_everything_can_be_removed(pretend_cluster, monkeypatch):
    api = fenced(pretend_cluster, max_seconds=60)
    api.create(obj(JOB, "a", "mine-team"))
    monkeypatch.setattr("conformance.clusters.existing.fence.time.monotonic", lambda: 10**9)
    with pytest.raises(Disabled, match="the 60 s of this run are over") as refused:
        api.create(obj(JOB, "b", "mine-team"))
    assert refused.value.way_out == "--max-seconds S"
    api.delete(JOB, "a", "mine-team")
    assert pretend_cluster.find(JOB) == []
