"""Programs read their configuration when they start: where it is another one, their pods are other ones too."""

import copy

import pytest

from conformance import builds
from conformance.components import CONFIGURED_BY, Programs, install_programs, volcano
from conformance.kube.api import Api
from conformance.waiting import Unmet

NONE = Programs(images=(), deployments=())
DEPLOYMENT = {"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": {
    "metadata": {"labels": {"app": "a"}}, "spec": {"volumes": [{"configMap": {"name": "said"}}, {"secret": {}}]}}}}


def config(name, text):
    return {"kind": "ConfigMap", "metadata": {"name": name}, "data": {"conf": text}}


@pytest.fixture
def installed(monkeypatch):
    """A function that installs a Deployment beside ConfigMaps and returns the annotations of its pods."""
    monkeypatch.setattr(builds, "images", lambda names: {})

    def install(*configs):
        applied = []

        class Api:
            def apply_all(self, objects):
                applied.extend(objects)

        install_programs(Api(), NONE, [*configs, copy.deepcopy(DEPLOYMENT)], lambda archives: None)
        return applied[-1]["spec"]["template"]["metadata"].get("annotations", {})

    return install


def test_another_configuration_makes_other_pods(installed):
    first = installed(config("said", "one"))
    assert first[CONFIGURED_BY] != installed(config("said", "two"))[CONFIGURED_BY]
    assert first == installed(config("said", "one"))


def test_a_configuration_is_there_before_the_programs_that_read_it(monkeypatch):
    monkeypatch.setattr(builds, "images", lambda names: {})
    applied = []

    class Api:
        def apply_all(self, objects):
            applied.append([obj["kind"] for obj in objects])

    install_programs(Api(), NONE, [copy.deepcopy(DEPLOYMENT), config("said", "one")], lambda archives: None)
    assert applied == [["ConfigMap"], ["Deployment"]]


def test_it_is_installed_when_the_pods_that_went_before_are_gone(pretend_cluster, monkeypatch):
    """They still work while they end, with what they read."""
    monkeypatch.setattr(builds, "images", lambda names: {})
    monkeypatch.setenv("SEATRIAL_PATIENCE", "0.001")
    there = pretend_cluster.add("apps/v1/Deployment", "a", "a", spec={"replicas": 1, "selector": {"matchLabels": {"app": "a"}}})
    there["metadata"]["generation"] = 1
    there["status"] = {"observedGeneration": 1, "updatedReplicas": 1, "replicas": 1,
                       "conditions": [{"type": "Available", "status": "True"}]}
    programs, api = Programs(images=(), deployments=(("a", "a"),)), Api.open(pretend_cluster.kubeconfig)
    pretend_cluster.add("v1/Pod", "new", "a", metadata={"labels": {"app": "a"}})
    install_programs(api, programs, [], lambda archives: None)
    pretend_cluster.add("v1/Pod", "old", "a", metadata={"labels": {"app": "a"}})
    with pytest.raises(Unmet, match="the pods of Deployment a/a: expected to become 1 .*saw 2"):
        install_programs(api, programs, [], lambda archives: None)


def test_what_pods_do_not_mount_leaves_them_as_they_are(installed):
    assert installed(config("other", "one")) == {}
    assert installed(config("said", "one"), config("other", "one")) == installed(config("said", "one"))


@pytest.mark.parametrize(("text", "said"), [
    ('{"actions": "allocate", "tiers": []}', {"scheduler_conf": {"actions": "allocate", "tiers": []}}),
    ("actions: allocate\ntiers: []\n", {"scheduler_conf": {"actions": "allocate", "tiers": []}}), ("", {})])
def test_a_scheduler_conf_is_read_back_as_keys_and_values(text, said):
    class Api:
        def read(self, kind, name, namespace):
            return {"data": {"volcano-scheduler.conf": text}}

    assert volcano.settings_on(Api()) == said
