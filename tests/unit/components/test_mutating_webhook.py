"""The webhook that plays a platform's saboteur, called as an API server calls it."""

import base64
import copy
import json
import ssl
import urllib.request
from pathlib import Path

import pytest

from conformance.components import mutating_webhook
from conformance.errors import Unsupported
from conformance.model.fault import Site

PLURALS = {"ConfigMap": "configmaps", "PyTorchJob": "pytorchjobs", "Pod": "pods"}


class ApiServer:
    """Asks the webhooks that it was given whenever something is written; keeps nothing else."""

    host = "https://192.0.2.1:6443"

    def __init__(self):
        self.configurations = {}

    def create(self, obj, *, dry_run=False):
        if obj["kind"] == "MutatingWebhookConfiguration":
            self.configurations[obj["metadata"]["name"]] = obj
            return obj
        for webhook in [one for each in self.configurations.values() for one in each["webhooks"]]:
            if self._meant(webhook, obj):
                obj = self._asked(webhook["clientConfig"], obj)
        return obj

    def delete(self, kind, name):
        del self.configurations[name]

    def _meant(self, webhook, obj):
        labels = obj["metadata"].get("labels", {})
        selector = webhook["objectSelector"]
        return (PLURALS[obj["kind"]] in webhook["rules"][0]["resources"]
                and selector.get("matchLabels", {}).items() <= labels.items()
                and all(one["key"] in labels for one in selector.get("matchExpressions", [])))

    def _asked(self, client, obj):
        trust = ssl.create_default_context(cadata=base64.b64decode(client["caBundle"]).decode())
        review = {"request": {"uid": "one", "object": obj}}
        with urllib.request.urlopen(client["url"], json.dumps(review).encode(), context=trust) as answer:
            response = json.load(answer)["response"]
        assert (response["uid"], response["allowed"]) == ("one", True)
        patched = copy.deepcopy(obj)
        for step in json.loads(base64.b64decode(response["patch"])):
            patched[step["path"].removeprefix("/")] = step["value"]
        return patched


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(mutating_webhook, "_own_address", lambda api: "127.0.0.1")
    return Site(api=ApiServer(), team=None, folder=Path("folder"))


def job(kind="PyTorchJob", **labels):
    return {"kind": kind, "metadata": {"name": "one", "labels": labels}, "spec": {"elasticPolicy": {}, "kept": 1}}


def strip(obj):
    del obj["spec"]["elasticPolicy"]


def test_what_is_written_is_rewritten_while_the_fault_is_there(site):
    with mutating_webhook.rewrites("pytorchjobs", strip, group="kubeflow.org")(site):
        assert site.api.create(job())["spec"] == {"kept": 1}
    assert site.api.create(job()) == job()
    assert site.api.configurations == {}


def test_of_pods_only_those_of_workloads_are_touched(site):
    with mutating_webhook.rewrites("pods", strip)(site):
        assert site.api.create(job("Pod")) == job("Pod")
        assert site.api.create(job("Pod", **{"seatrial.io/workload": "one"}))["spec"] == {"kept": 1}


def test_other_kinds_are_left_alone(site):
    with mutating_webhook.rewrites("pods", strip)(site):
        assert site.api.create(job()) == job()


def test_it_is_taken_back_when_the_behaviour_fails(site):
    with pytest.raises(AssertionError, match="caught"), mutating_webhook.rewrites("pods", strip)(site):
        raise AssertionError("caught")
    assert site.api.configurations == {}


def test_an_api_server_to_which_no_ipv4_leads_cannot_reach_us():
    api = BehindLoopback("")
    api.host = "https://[::1]:6443"
    with pytest.raises(Unsupported, match="may be in another network"), \
            mutating_webhook.rewrites("pods", strip)(Site(api=api, team=None, folder=Path("folder"))):
        pass


class BehindLoopback(ApiServer):
    """A port of this machine leads to it; inside its cluster it has another address, or tells none."""

    host = "https://127.0.0.1:6443"

    def __init__(self, advertised):
        super().__init__()
        self.advertised = advertised

    def read(self, kind, name, namespace):
        assert (kind, name, namespace) == ("discovery.k8s.io/v1/EndpointSlice", "kubernetes", "default")
        return self.advertised and {"endpoints": [{"addresses": [self.advertised]}]}


@pytest.mark.parametrize("advertised", ["", mutating_webhook.ELSEWHERE], ids=["unknown", "on the way to anywhere"])
def test_an_api_server_behind_loopback_cannot_reach_us(advertised):
    with pytest.raises(Unsupported, match="may be in another network"), \
            mutating_webhook.rewrites("pods", strip)(Site(api=BehindLoopback(advertised), team=None, folder=Path("folder"))):
        pass


def test_an_api_server_behind_loopback_in_a_network_of_this_machine_reaches_us():
    api = BehindLoopback("127.0.0.5")  # any network that this machine has
    with mutating_webhook.rewrites("pods", strip)(Site(api=api, team=None, folder=Path("folder"))):
        assert api.configurations
