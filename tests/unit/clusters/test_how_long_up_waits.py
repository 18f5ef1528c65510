"""On a machine that is slow, or busy with other things, one factor stretches every wait."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.clusters import local, nodes
from conformance.clusters.local import lifecycle
from conformance.clusters.local.spec import ClusterSpec
from conformance.kube import api as api_module
from conformance.kube.api import Api, Refused
from conformance.waiting import PATIENCE_VARIABLE, Unmet


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch, tmp_path):
    monkeypatch.setenv(PATIENCE_VARIABLE, "0.001")
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))


@pytest.fixture
def spec():
    return ClusterSpec(name="a", number=0)


def test_for_containerd(spec, monkeypatch):
    monkeypatch.setattr(lifecycle, "_containerd_answers", lambda node, ctr: False)
    with pytest.raises(Unmet, match=r"containerd of node-1 answers .* within 0.06 s"):
        lifecycle.import_images(spec, {}, Path("ctr"))


def test_for_the_api_server(spec, monkeypatch):
    silent = SimpleNamespace(text=lambda path: "not yet")
    monkeypatch.setattr(local.LocalCluster, "api", silent)
    with pytest.raises(Unmet, match=r"the API server of cluster a is ready .* within 0.06 s"):
        local._ready_api(local.LocalCluster(spec))


def test_for_nodes_and_somewhat_longer_for_many():
    with pytest.raises(Unmet, match=r"every node is Ready: .* within 0.26 s"):
        nodes.await_ready(SimpleNamespace(list=lambda kind: []), ["one", "another"])


def test_for_a_webhook(monkeypatch):
    def refuse(obj):
        raise Refused("ConfigMap a", 500, "no answer yet")

    monkeypatch.setattr(api_module, "_not_yet", lambda refusal: True)
    api = Api.__new__(Api)
    monkeypatch.setattr(api, "apply", refuse)
    with pytest.raises(Unmet, match="ConfigMap a is applied: .* within 0.06 s; saw 'no answer yet'"):
        api.apply_soon({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})
