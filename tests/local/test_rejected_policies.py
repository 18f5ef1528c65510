"""What a policy calls rejected, a live API server refuses with the text that the policy quotes; its twin it takes."""

from functools import partial
from pathlib import Path

import pytest

from conformance import assets
from conformance.clusters import local
from conformance.folder import read
from conformance.kube.api import Refused, kind_of, load, name_of
from conformance.model.finding import PolicyClass
from conformance.platform.install import install
from conformance.policy import policies
from conformance.waiting import eventually

NAME = "test-rejected"
CORPUS = policies.load()
REJECTED = [policy for policy in CORPUS.policies.values() if policy.policy_class is PolicyClass.REJECTED]
UNSERVED = ("serving.kserve.io", "serving.knative.dev", "keda.sh", "resource.nvidia.com", "nvidia.com",
            "leaderworkerset.x-k8s.io", "jobset.x-k8s.io", "trainer.kubeflow.org")
"""Groups of components that Seatrial cannot install yet: their rules are quoted from their sources, and unproved."""


@pytest.fixture(scope="module")
def api():
    folder = read.load(Path(__file__).parent / "all-admission")
    cluster = local.up(NAME)
    try:
        install(cluster.api, folder, cluster.load_images, lambda text: None)
        yield cluster.api
    finally:
        cluster.close()


def provable(policy):
    return not all(kind.partition("/")[0] in UNSERVED for kind in policy.kinds)


def refusal(api, obj):
    """The text with which an object is refused, or nothing."""
    metadata = {key: value for key, value in obj.get("metadata", {}).items() if key != "namespace"}
    try:
        api.create({**obj, "metadata": metadata}, dry_run=True)
    except Refused as refused:
        return refused.reason
    return ""


def objects(policy, verdict):
    folder = assets.folder("policies") / policy.id / verdict
    return [obj for file in sorted(folder.glob("*.yaml")) if not file.name.endswith(".facts.yaml")
            for obj in load(file)]


@pytest.mark.parametrize("policy", [policy for policy in REJECTED if provable(policy)], ids=lambda policy: policy.id)
def test_the_api_server_says_what_the_policy_says(api, policy):
    wrong = {}
    for obj in objects(policy, "denied"):
        said = eventually(partial(refusal, api, obj), becomes=lambda text: "service account" not in text,
                          within=20, because="the namespace has its service account")
        if policy.upstream not in said:
            wrong[name_of(obj)] = f"must be refused with {policy.upstream!r}, is {said or 'taken'!r}"
    for obj in objects(policy, "allowed"):
        if api.serves(kind_of(obj)) and (said := refusal(api, obj)):
            wrong[name_of(obj)] = f"must be taken, is refused: {said}"
    assert wrong == {}


def test_only_what_nobody_can_install_here_is_unproved(api):
    assert [group for group in UNSERVED if api.get(f"/apis/{group}")] == []
    assert [policy for policy in REJECTED if provable(policy)]
