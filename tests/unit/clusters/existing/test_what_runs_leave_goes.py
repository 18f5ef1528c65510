"""Whatever happened before: what bears our label goes, nothing else does, and what stays is named with its reason."""

import threading
from datetime import UTC, datetime

import pytest

from conformance import cli
from conformance.clusters.existing.sweep import sweep
from conformance.errors import SeatrialError
from conformance.kube.api import Api

LABEL = {"labels": {"seatrial.io/made-under": "mine"}}
OTHER = {"labels": {"seatrial.io/made-under": "mine-too"}}
JOB, QUEUE, CLASS, LEASE = ("batch/v1/Job", "kueue.x-k8s.io/v1beta2/LocalQueue",
                            "kueue.x-k8s.io/v1beta2/WorkloadPriorityClass", "coordination.k8s.io/v1/Lease")


@pytest.fixture
def cluster(pretend_cluster):
    for name, metadata in (("mine-system", LABEL), ("mine-team", {}), ("mine-too-system", OTHER), ("team", {})):
        pretend_cluster.add("v1/Namespace", name, metadata=metadata)
    for name, metadata in (("ours", LABEL), ("theirs", {})):
        pretend_cluster.add(JOB, name, "mine-team", metadata=metadata)
        pretend_cluster.add(CLASS, name, metadata=metadata)
    pretend_cluster.add(QUEUE, "gpus", "mine-team", metadata=LABEL)
    pretend_cluster.add(JOB, "inner", "mine-system", metadata=LABEL)
    pretend_cluster.add(LEASE, "seatrial", "mine-team", metadata=LABEL, spec={})
    return pretend_cluster


@pytest.fixture
def api(cluster):
    return Api.open(cluster.kubeconfig)


def test_what_bears_the_label_goes_and_nothing_else(api, cluster):
    assert sorted(sweep(api, "mine-")) == ["Job mine-team/ours", "LocalQueue mine-team/gpus", "Namespace mine-system",
                                           "WorkloadPriorityClass ours"]
    assert cluster.find("v1/Namespace") == ["mine-team", "mine-too-system", "team"]
    assert (cluster.find(JOB), cluster.find(CLASS), cluster.find(QUEUE)) == (["theirs"], ["theirs"], [])
    assert cluster.find(LEASE) == []


def test_another_prefix_that_begins_alike_is_left_alone(api, cluster):
    assert "Namespace mine-too-system" not in sweep(api, "mine-")
    assert sweep(api, "mine-too-") == ["Namespace mine-too-system"]


def test_without_a_prefix_everything_with_the_label_goes(api, cluster):
    assert {"Namespace mine-system", "Namespace mine-too-system"} <= {*sweep(api, None)}
    assert cluster.find("v1/Namespace") == ["mine-team", "team"]


def test_a_run_that_begins_keeps_its_own_namespace_and_lease(api, cluster):
    cluster.add(LEASE, "seatrial", "mine-system", metadata=LABEL, spec={})
    assert "Job mine-system/inner" in sweep(api, "mine-", at_work_in="mine-system")
    assert "mine-system" in cluster.find("v1/Namespace")
    assert len(cluster.find(LEASE)) == 2
    assert cluster.find(JOB) == ["theirs"]


STUCK = [{"type": "NamespaceFinalizersRemaining", "status": "True",
          "message": "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"},
         {"type": "NamespaceContentRemaining", "status": "True",
          "message": "Some resources are remaining: configmaps. has 1 resource instances"},
         {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "not this"}]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setenv("SEATRIAL_PATIENCE", "0.01")


@pytest.mark.parametrize(("status", "why"), [
    ({"conditions": STUCK}, "finalizers remaining: example.com/hold in 1 resource instances; Some resources are remaining: "
                            "configmaps. has 1 resource instances"),
    ({"conditions": [{"type": "NamespaceDeletionDiscoveryFailure", "status": "True", "message":
                      "Discovery failed for some groups, 1 failing: unable to retrieve metrics.k8s.io/v1beta1"}]},
     "unable to retrieve metrics.k8s.io/v1beta1"),
    ({}, "Terminating: finalizers example.com/hold"),
])
def test_a_namespace_that_does_not_go_is_named_with_what_blocks_it(api, cluster, impatient, status, why):
    cluster.read("v1/Namespace", "mine-system").update(status=status)
    cluster.read("v1/Namespace", "mine-system")["metadata"]["finalizers"] = ["example.com/hold"]
    with pytest.raises(SeatrialError, match="there still is Namespace mine-system") as told:
        sweep(api, "mine-")
    assert why in told.value.message
    assert "seatrial down --cluster existing" in told.value.way_out
    assert cluster.find(JOB) == ["inner", "theirs"]  # the rest is gone all the same


def test_an_object_that_does_not_go_is_named_with_its_finalizer(api, cluster, impatient, monkeypatch):
    cluster.read(JOB, "ours", "mine-team")["metadata"]["finalizers"] = ["example.com/keep"]
    delete = type(cluster)._delete
    monkeypatch.setattr(type(cluster), "_delete", lambda self, key, *more: (200, self.objects[key]) if self.objects.get(
        key, {}).get("metadata", {}).get("finalizers") else delete(self, key, *more))
    with pytest.raises(SeatrialError, match=r"there still is Job mine-team/ours \(finalizers example.com/keep\)"):
        sweep(api, "mine-")


@pytest.fixture
def down(cluster, capsys):
    def run(*words):
        code = cli.main(["down", "--cluster", "existing", "--kubeconfig", str(cluster.kubeconfig), *words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def test_down_says_what_it_removed_and_where(down, cluster):
    code, out, err = down("--prefix", "mine-")
    assert code == 0
    assert {"gone: Namespace mine-system", "gone: Job mine-team/ours"} <= {*out.splitlines()}
    assert err == f"context pretend: http://127.0.0.1:{cluster.port}\n"
    assert down("--prefix", "mine-")[:2] == (0, "there was nothing to remove\n")


def held_now(cluster):
    cluster.add(LEASE, "seatrial", "mine-system", metadata=LABEL, spec={
        "holderIdentity": "ann", "leaseDurationSeconds": 30, "renewTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"})


def test_down_leaves_a_run_alone_that_is_at_work(down, cluster):
    held_now(cluster)
    renewal = threading.Timer(1.5, held_now, (cluster,))
    renewal.start()
    code, _, err = down("--prefix", "mine-")
    renewal.join()
    assert code == 3
    assert "ann holds Lease mine-system/seatrial" in err
    assert "mine-system" in cluster.find("v1/Namespace")


@pytest.mark.parametrize(("words", "told"), [
    (["--prefix", "Mine"], "'Mine' is no prefix"), (["--all"], "--all is about clusters of this machine"),
    (["--name", "a"], "--name is about clusters of this machine"), (["--context", "b"], "its contexts are: pretend")])
def test_what_cannot_be_meant_is_wrong_usage(down, words, told):
    code, out, err = down(*words)
    assert (code, out) == (2, "")
    assert told in err


def test_a_prefix_is_about_a_cluster_that_exists(capsys):
    assert cli.main(["down", "--prefix", "mine-"]) == 2
    assert "add --cluster existing" in capsys.readouterr().err


@pytest.mark.parametrize(("verb", "resource"), [("list", "namespaces"), ("delete", "namespaces"), ("list", "jobs.batch"),
                                                ("delete", "jobs.batch")])
def test_a_right_that_is_missing_is_named(down, cluster, verb, resource):
    cluster.refuse.add((verb, resource))
    code, _, err = down("--prefix", "mine-")
    assert code == 3
    assert f"trial may not {verb} {resource}" in err


def test_one_thing_that_may_not_be_deleted_does_not_keep_the_others(down, cluster):
    cluster.refuse.add(("delete", "jobs.batch"))
    down("--prefix", "mine-")
    assert "mine-system" not in cluster.find("v1/Namespace")
    assert (cluster.find(CLASS), cluster.find(QUEUE), "ours" in cluster.find(JOB)) == (["theirs"], [], True)


def test_what_may_neither_be_read_nor_made_does_not_keep_the_rest(down, cluster):
    """An account with the rights of one component, where another one is installed too."""
    cluster.refuse |= {("list", "jobs.batch"), ("create", "jobs.batch")}
    code, out, _ = down("--prefix", "mine-")
    assert code == 0
    assert "gone: Namespace mine-system" in out
    assert "mine-system" not in cluster.find("v1/Namespace")
