"""The policies on a live Gatekeeper: what they deny is refused in their words, and nothing else is."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import assets, builds
from conformance.clusters import local
from conformance.components.gatekeeper import enforcement
from conformance.components.gatekeeper.names import VALIDATING, WEBHOOK
from conformance.components.webhooks import VALIDATING as CONFIGURATION
from conformance.folder import read
from conformance.kube.api import Refused, kind_of, load, name_of, parse
from conformance.matching import like
from conformance.model.finding import PolicyClass
from conformance.model.folder import ComponentSpec
from conformance.platform.install import install
from conformance.policy import export, facts, policies
from conformance.policy.engine import Question, Regorus, Selection
from conformance.waiting import eventually

NAME = "gk-test"
CORPUS = policies.load()
EXPORTED = {one.policy.id: one for one in export.export(CORPUS, facts.data({}), "deny")}
DENYING = {identity for identity, one in EXPORTED.items() if "enforcementAction: deny" in one.constraint}
POLICY = CORPUS.policies["accelerators/whole-gpus-or-a-fraction"]
"""The one that is shown for all: its examples are Pods."""
TEAM = "team"
AUDITED_WITHIN_S = 180
"""Gatekeeper goes through the cluster once a minute."""


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """Every component that refuses, Gatekeeper beside them, and all policies as the command says how to apply them."""
    folder = read.load(Path(__file__).parent / "all-admission")
    gatekeeper = ComponentSpec(name="gatekeeper", version=builds.version("gatekeeper"))
    cluster = local.up(NAME)
    try:
        install(cluster.api, dataclasses.replace(folder, components=(*folder.components, gatekeeper)),
                           cluster.load_images, lambda text: None)
        # Upstream's webhook lets pass what it has not judged within 3 s; a busy machine is no policy that is quiet.
        cluster.api.patch(CONFIGURATION, VALIDATING, [
            {"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Fail"},
            {"op": "replace", "path": "/webhooks/0/timeoutSeconds", "value": 30}])
        apply_as_told(cluster.kubeconfig, tmp_path_factory.mktemp("export") / "policies")
        for one in EXPORTED.values():
            enforcement.await_force(cluster.api, *parse(one.constraint, one.policy.id))
        yield cluster.api
    finally:
        cluster.close()


def apply_as_told(kubeconfig, folder):
    said = subprocess.run([sys.executable, "-m", "conformance.cli", "policy", "export", folder, "--enforcement", "deny"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    kubectl = builds.build(["kubectl"])["kubectl"].path
    for command in said.splitlines()[1:]:
        assert command.startswith("kubectl ")
        done = subprocess.run(["sh", "-ec", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              env={**os.environ, "KUBECONFIG": str(kubeconfig), "PATH": f"{kubectl.parent}:{os.environ['PATH']}"})
        assert done.returncode == 0, done.stdout


def examples(policy, verdict):
    return [obj for file in sorted((assets.folder("policies") / policy.id / verdict).glob("*.yaml"))
            if not file.name.endswith(facts.SUFFIX) for obj in load(file)]


def in_team(obj):
    return {**obj, "metadata": {**obj["metadata"], "namespace": TEAM}}


def test_what_a_policy_denies_is_refused_with_its_words_and_the_remedy_enters(api):
    wrong, right = (in_team(examples(POLICY, verdict)[0]) for verdict in ("denied", "allowed"))
    with pytest.raises(Refused) as refusal:
        api.create(wrong)
    assert refusal.value.by == WEBHOOK
    assert f"[{POLICY.id.replace('/', '.')}] {POLICY.id}: " in refusal.value.reason
    assert POLICY.remedy in refusal.value.reason
    try:
        assert api.create(right)["kind"] == right["kind"]
    finally:
        api.delete(kind_of(right), right["metadata"]["name"], TEAM, grace_s=0)


def test_what_is_audited_enters_and_is_reported(api):
    obj = in_team(examples(POLICY, "denied")[0])
    obj["metadata"]["name"] = "reported"
    (constraint,) = enforcement.enforce(api, CORPUS.only([POLICY.id]), "audit")
    try:
        api.create(obj)
        reported = eventually(lambda: api.read(kind_of(constraint), constraint["metadata"]["name"])["status"],
                              becomes=lambda status: status.get("totalViolations"), within=AUDITED_WITHIN_S,
                              because=f"violations of {name_of(constraint)}")
        assert like([{"kind": obj["kind"], "name": obj["metadata"]["name"], "namespace": TEAM,
                      "enforcementAction": "dryrun"}]).differences(reported["violations"]) == []
        assert reported["violations"][0]["message"].startswith(f"{POLICY.id}: ")
    finally:
        api.delete(kind_of(obj), obj["metadata"]["name"], TEAM, grace_s=0)
        enforcement.enforce(api, CORPUS.only([POLICY.id]), "deny")


def everything():
    """Every example whose kind an API server may know, and where it is from, without the namespace that is not there."""
    for policy in CORPUS.policies.values():
        for verdict in ("allowed", "denied"):
            for number, obj in enumerate(examples(policy, verdict)):
                meta = {key: value for key, value in obj.get("metadata", {}).items() if key != "namespace"}
                yield f"{policy.id} {verdict} {number}: {name_of(obj)}", {**obj, "metadata": meta}


def audit(engine, selection, obj):
    group = obj["apiVersion"].rpartition("/")[0]
    kind = f"{group}/{obj['kind']}" if group else obj["kind"]
    chosen, _ = selection.policies(kind, json.dumps(obj))
    return {(said.policy, f"[{said.policy.replace('/', '.')}] {said.policy}: {said.message}; {CORPUS.policies[said.policy].remedy}")
            for said in engine.ask([Question(chosen, kind, {"object": obj})])[0] if said.policy in DENYING}


def test_it_denies_what_the_audit_denies(api):
    engine, selection = Regorus(CORPUS, facts.data({})), Selection(CORPUS, ())
    differ, by_others, shown = {}, {}, set()
    for name, obj in everything():
        if not api.serves(kind_of(obj)):
            continue
        found = audit(engine, selection, obj)
        expected, said = {text for _, text in found}, set()
        try:
            api.create(obj, dry_run=True)
        except Refused as refusal:
            if refusal.by != WEBHOOK:
                by_others[name] = f"{refusal.by}: {refusal.reason}"
                continue
            said = set(refusal.reason.partition("denied the request: ")[2].split("\n"))
            shown |= {policy for policy, _ in found}
        if said != expected:
            differ[name] = {"the audit": sorted(expected), "Gatekeeper": sorted(said)}
    print(json.dumps({"differ": differ, "refused by others first": by_others}, indent=1))
    assert differ == {}
    # What the API server itself refuses never comes to Gatekeeper; of all else there must be a denial.
    assert {identity for identity in DENYING - shown
            if CORPUS.policies[identity].policy_class is not PolicyClass.REJECTED
            and any(api.serves(kind_of(obj)) for obj in examples(CORPUS.policies[identity], "denied"))} == set()
