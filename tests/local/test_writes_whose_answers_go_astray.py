"""The same on a real API server: it tells us who wrote what, and refuses what is tied to a version that is no more."""

from types import SimpleNamespace

import pytest

from conformance.clusters import local
from conformance.kube import api as kube_api
from conformance.kube.api import Api, Refused
from conformance.waiting import eventually

CONFIG_MAP, DEPLOYMENT = "v1/ConfigMap", "apps/v1/Deployment"
PLAYS = {f"{ending[0]}, {'done' if done else 'not done'}": (ending[0], done, *ending[1:]) for done in (True, False)
         for ending in (("lost",), ("late",), ("cut",), (503, {"Retry-After": "0"}, "starting"), (504,))}


@pytest.fixture(scope="module")
def cluster():
    cluster = local.up("test-astray")
    yield cluster
    cluster.close()


@pytest.fixture
def ground(cluster, going_astray, monkeypatch):
    """A real API server, whose answers go astray on the way to `api`; `real` is the straight way."""
    real = cluster.api

    def forward(method, url, headers, body):
        answer = real._client.rest_client.pool_manager.request(
            method, real.host + url, body=body or None, retries=False,
            headers={name: headers[name] for name in ("Accept", "Content-Type") if name in headers})
        return answer.status, answer.data

    astray = going_astray(forward)
    api = Api.open(astray.kubeconfig)
    for kind in (CONFIG_MAP, DEPLOYMENT):
        real.delete(kind, "new", "default")
        real.delete(kind, "there", "default")
        assert api.serves(kind)
    real.create(config_map("there"))
    real.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "there", "namespace": "default"}, "spec": {
        "replicas": 0, "selector": {"matchLabels": {"app": "a"}}, "template": {
            "metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "none", "args": ["first"]}]}}}})
    # What names a version of it would else be overtaken by the Deployment controller.
    eventually(lambda: {one["reason"] for one in real.read(DEPLOYMENT, "there", "default")["status"].get("conditions", [])},
               becomes={"MinimumReplicasAvailable", "NewReplicaSetAvailable"},
               because="the Deployment controller has nothing more to say of it")
    monkeypatch.setattr(kube_api, "ANSWERS_WITHIN_S", 1)
    return SimpleNamespace(api=api, real=real, astray=astray)


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


def create(ground):
    made = ground.api.create(config_map("new"))
    assert made["metadata"]["uid"] == ground.real.read(CONFIG_MAP, "new", "default")["metadata"]["uid"]


def apply(ground):
    ground.api.apply(config_map("new", size="3"))
    assert ground.real.read(CONFIG_MAP, "new", "default")["data"] == {"size": "3"}


def merge_patch_of_a_version(ground):
    version = ground.real.read(CONFIG_MAP, "there", "default")["metadata"]["resourceVersion"]
    ground.api.patch(CONFIG_MAP, "there", {"metadata": {"resourceVersion": version}, "data": {"size": "2"}}, "default")
    assert ground.real.read(CONFIG_MAP, "there", "default")["data"] == {"size": "2"}


def json_patch(ground):
    path = "/spec/template/spec/containers/0/args/-"
    ground.api.patch(DEPLOYMENT, "there", [{"op": "add", "path": path, "value": "second"}], "default")
    (container,) = ground.real.read(DEPLOYMENT, "there", "default")["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["first", "second"]


def patch_of_the_scale(ground):
    scale = ground.api.patch(DEPLOYMENT, "there", {"spec": {"replicas": 3}}, "default", "scale")
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 3})
    ground.api.patch(DEPLOYMENT, "there", [{"op": "replace", "path": "/spec/replicas", "value": 0}], "default", "scale")
    assert ground.real.read(DEPLOYMENT, "there", "default")["spec"]["replicas"] == 0


def patch_of_the_status(ground):
    change = {"status": {"conditions": [{"type": "Seen", "status": "True"}]}}
    made = ground.api.patch(DEPLOYMENT, "there", change, "default", "status")
    assert "Seen" in [one["type"] for one in made["status"]["conditions"]]


def merge_patch_of_an_object_with_fields(ground):
    version = ground.real.read(DEPLOYMENT, "there", "default")["metadata"]["resourceVersion"]
    ground.api.patch(DEPLOYMENT, "there", {"metadata": {"resourceVersion": version}, "spec": {"paused": True}}, "default")
    assert ground.real.read(DEPLOYMENT, "there", "default")["spec"]["paused"] is True


def delete(ground):
    ground.api.delete(CONFIG_MAP, "there", "default")
    assert ground.real.read(CONFIG_MAP, "there", "default") is None


def delete_one_by_its_uid(ground):
    """Its name is another one's meanwhile, who stays."""
    uid = ground.real.read(CONFIG_MAP, "there", "default")["metadata"]["uid"]
    again = []

    def comes_again():
        if ground.real.read(CONFIG_MAP, "there", "default") is None:
            again.append(ground.real.create(config_map("there"))["metadata"]["uid"])

    ground.astray.meanwhile = comes_again
    ground.api.delete(CONFIG_MAP, "there", "default", uid=uid)
    left = ground.real.read(CONFIG_MAP, "there", "default")
    assert ([left["metadata"]["uid"]] if left else []) == again


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
@pytest.mark.parametrize("write", [create, apply, merge_patch_of_a_version,
                                   merge_patch_of_an_object_with_fields, json_patch, patch_of_the_scale, patch_of_the_status,
                                   delete, delete_one_by_its_uid], ids=lambda write: write.__name__)
def test_a_write_is_done_once(ground, write, play):
    ground.astray.plays.append(play)
    write(ground)
    assert not ground.astray.plays


def test_an_object_of_somebody_else_is_not_taken_for_our_own(ground):
    ground.astray.plays.append(("lost", False))
    ground.astray.meanwhile = lambda: ground.real.create(config_map("new"))
    with pytest.raises(Refused, match="already exists"):
        ground.api.create(config_map("new"))


def test_a_quota_that_the_first_attempt_used_up_does_not_refuse_the_second(ground):
    ground.real.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tight"}})
    ground.real.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "one", "namespace": "tight"},
                       "spec": {"hard": {"count/secrets": "1"}}})
    eventually(lambda: ground.real.read("v1/ResourceQuota", "one", "tight")["status"].get("used"),
               becomes={"count/secrets": "0"}, because="the quota is counted")
    ground.astray.plays.append(("lost", True))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "new", "namespace": "tight"}}
    assert ground.api.create(secret)["metadata"]["name"] == "new"
    assert ground.astray.writes() == ["POST"]
    with pytest.raises(Refused, match="exceeded quota"):
        ground.api.create({**secret, "metadata": {"name": "newer", "namespace": "tight"}})
