"""What the Training Operator provides and how work is dressed for it, by the platform that it is part of."""

import pytest

from conformance import assets, builds
from conformance.catalog import components
from conformance.components import training_operator
from conformance.folder import read
from conformance.kube.api import Refused
from conformance.model.feature import Feature
from conformance.model.folder import ComponentSpec
from conformance.model.promise import Team
from conformance.model.workload import Workload


@pytest.fixture
def operator():
    return components()["training-operator"]


@pytest.mark.parametrize("settings", [
    {}, {"args": []}, {"args": ["--enable-scheme=pytorchjob"]}, {"args": ["--gang-scheduler-name=scheduler-plugins"]}])
def test_without_volcanos_flag_its_jobs_are_no_gangs(operator, settings):
    assert operator.set_up(settings).provides == operator.provides
    assert Feature.TRAINING_GANGS not in operator.provides


def test_volcanos_flag_makes_its_jobs_gangs(operator):
    flagged = operator.set_up({"args": ["--enable-scheme=pytorchjob", "--gang-scheduler-name=volcano"]})
    assert flagged.provides == operator.provides | {Feature.TRAINING_GANGS}


@pytest.mark.parametrize(("folder", "gangs"), [("gang-training", True), ("pytorch-training", False)])
def test_the_reference_folders_say_whose_the_gang_is(operator, folder, gangs):
    spec = read.load(assets.folder("reference-manifests") / folder).component("training-operator")
    assert (Feature.TRAINING_GANGS in operator.set_up(spec.settings).provides) is gangs


@pytest.mark.parametrize(("component", "labels", "policy"), [
    ("kueue", {"kueue.x-k8s.io/queue-name": "gpus"}, None), ("volcano", {}, {"queue": "gpus"})])
def test_a_job_names_its_queue_where_the_holder_of_queues_looks_for_it(operator, component, labels, policy):
    team = Team(name="a", namespace="team-a", queue="gpus", component=component)
    (job,) = operator.dress(Workload(pods=3, gpus_per_pod=8), team, "one")
    assert job["metadata"]["labels"] == labels
    assert job["spec"]["runPolicy"].get("schedulingPolicy") == policy


@pytest.mark.parametrize("component", ["kueue", "volcano"])
def test_a_job_without_a_queue_names_none(operator, component):
    team = Team(name="a", namespace="team-a", queue="", component=component)
    (job,) = operator.dress(Workload(pods=3, gpus_per_pod=8), team, "one")
    assert job["metadata"]["labels"] == {}
    assert job["spec"]["runPolicy"] == {"cleanPodPolicy": "None"}


def test_it_is_installed_when_its_webhook_answers_and_not_before(monkeypatch):
    """Its Deployment is available before the API server's node knows where the webhook's Service leads."""
    answers = [Refused("PyTorchJob", 500, "connection refused"), Refused("PyTorchJob", 500, "connection refused"), None]

    class Api:
        def create(self, obj, *, dry_run):
            assert dry_run
            if answer := answers.pop(0):
                raise answer

    monkeypatch.setattr(training_operator, "install_programs", lambda *_: None)
    monkeypatch.setattr(builds, "rendered", lambda _: "")
    monkeypatch.setattr(training_operator, "load", lambda _: [])
    training_operator.install(Api(), ComponentSpec(name="training-operator", version="v1.9.4", settings={}), None)
    assert answers == []


@pytest.mark.parametrize(("args", "said"), [
    ([training_operator.WAITS_IN, "--enable-scheme=pytorchjob"], ["--enable-scheme=pytorchjob"]), (None, []),
    (["--pytorch-init-container-image=mirror/alpine:1"], ["--pytorch-init-container-image=mirror/alpine:1"])])
def test_its_arguments_are_read_back_without_the_one_that_is_ours(operator, args, said):
    class Api:
        def read(self, kind, name, namespace):
            return {"spec": {"template": {"spec": {"containers": [{"args": args}]}}}}

    assert operator.settings_on(Api()) == {"args": said}
