"""A model on a real local cluster: a plain Deployment and Service, and a stand-in for its server."""

import os
from pathlib import Path

import pytest

from conformance import catalog
from conformance.clusters import local
from conformance.kube.timeline import POD
from conformance.model.folder import PlatformFolder
from conformance.model.promise import Promises
from conformance.model.served import Probe, Served
from conformance.platform import Platform
from conformance.waiting import eventually, throughout

LOAD_S = 4
FOLDER = PlatformFolder(name="bare", description="", path=Path(), nodes=None, components=(), manifests=(),
                        promises=Promises(teams=(), confirmed_by="a test"))


@pytest.fixture(scope="module")
def cluster():
    there = local.up(f"served-{os.getpid()}", gpus_per_node=2, owned=True)
    yield there
    there.close()


@pytest.fixture
def platform(cluster):
    gpu_layer = catalog.components()["gpu-layer"]
    with Platform.open(cluster, FOLDER, behaviour=None, component=gpu_layer, team=None) as opened:
        yield opened
    gone = [one["metadata"]["name"] for kind in (POD, "v1/Service", "apps/v1/Deployment")
            for one in cluster.api.list(kind, labels="seatrial.io/workload")]
    assert gone == []


def test_a_replica_that_is_added_gets_no_request_before_it_has_loaded(platform):
    model = platform.serve(Served(model="m", load_s=LOAD_S, gpus_per_replica=1), team=platform.nobody)
    model.await_ready()
    with model.asked() as requests:
        eventually(requests.answered, becomes=lambda answered: len(answered) == 1)
        model.scale(2)
        eventually(model.ready, becomes=2, within=60 + LOAD_S)
        eventually(requests.answered, becomes=lambda answered: len(answered) == 2, within=60)
        throughout(requests.lost, stays={}, since=0, during=1)
        pods = {pod["metadata"]["name"]: pod["metadata"]["labels"]["pod-template-hash"]
                for pod in platform.api.list(POD, "kube-system", labels=f"seatrial.io/workload={model.name}")}
        assert set(requests.answered.history(0)[-1][1]) == set(pods)
        assert set(requests.answered_by_revision.history(0)[-1][1]) == set(pods.values())
        assert model.restarts.now == 0


def test_requests_that_reach_a_replica_too_early_are_lost_and_it_is_said_by_whom(platform):
    model = platform.serve(Served(model="m", load_s=60, readiness=None), team=platform.nobody)
    model.await_ready()
    (pod,) = platform.api.list(POD, "kube-system", labels=f"seatrial.io/workload={model.name}")
    with model.asked() as requests:
        eventually(requests.lost, becomes=lambda lost: lost.get(pod["metadata"]["name"], 0) > 1)
        assert requests.answered.history(0)[-1][1] == {}
        assert any("503 m loads for" in line for line in requests.lost.story())


def test_a_liveness_probe_without_patience_is_seen_to_start_a_model_again_and_again(platform):
    model = platform.serve(Served(model="m", load_s=60, liveness=Probe(failures=1)), team=platform.nobody)
    eventually(model.restarts, becomes=lambda restarts: restarts > 0, within=60)
    assert model.ready.now == 0
