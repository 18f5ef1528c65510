"""Policies at admission: what a platform's settings mean, and in which order things are asked of Gatekeeper."""

import copy

import pytest

from conformance.catalog import components
from conformance.components import gatekeeper
from conformance.components.gatekeeper import enforcement
from conformance.components.gatekeeper.names import CONFIG, TEMPLATE
from conformance.errors import UsageError
from conformance.model.feature import Feature
from conformance.model.finding import PolicyClass
from conformance.policy import export, policies
from conformance.waiting import Unmet

MANIFEST = [
    {"kind": "Namespace", "metadata": {"name": "gatekeeper-system"}},
    {"kind": "Deployment", "metadata": {"name": "gatekeeper-controller-manager"}, "spec": {"replicas": 3, "template": {
        "spec": {"containers": [{"image": "openpolicyagent/gatekeeper:v0", "args": ["--port=8443"],
                                 "readinessProbe": {"httpGet": {}}}]}}}},
]
ONE = {"only": ["accelerators/whole-gpus-or-a-fraction"]}


class Gatekeeper:
    """An API server, and a Gatekeeper that sees what it has a little later: on the second look."""

    def __init__(self, *, trouble=""):
        self.trouble = trouble
        self.applied = []
        self._objects = {}

    def apply_all(self, objs):
        for obj in objs:
            self.applied.append(obj["kind"])
            meta = {**obj["metadata"], "generation": 1}
            self._objects[f"{obj['apiVersion']}/{obj['kind']}", meta["name"]] = {**obj, "metadata": meta}

    def serves(self, kind):
        return any(obj.get("status", {}).get("created") and kind.endswith(obj["spec"]["crd"]["spec"]["names"]["kind"])
                   for (of, _), obj in self._objects.items() if of == TEMPLATE)

    def read(self, kind, name):
        found = self._objects[kind, name]
        seen = copy.deepcopy(found)
        errors = [{"message": self.trouble}] if self.trouble else []
        found["status"] = {"byPod": [{"errors": errors}], "created": True} if kind == TEMPLATE else {"byPod": [
            {"operations": [process, "status"], "enforced": True, "observedGeneration": 1}
            for process in ("audit", "webhook")]}
        return seen


def test_templates_are_created_before_their_constraints_are_applied():
    api = Gatekeeper()
    (constraint,) = enforcement.enforce(api, enforcement.chosen(ONE), "deny")
    assert api.applied == ["ConstraintTemplate", "SeatrialAcceleratorsWholeGpusOrAFraction"]
    assert constraint["spec"]["enforcementAction"] == "deny"


def test_a_template_that_gatekeeper_cannot_use_is_told_in_its_words(monkeypatch):
    monkeypatch.setenv("SEATRIAL_PATIENCE", "0.01")
    with pytest.raises(Unmet, match="ConstraintTemplate seatrialaccelerators.*rego_parse_error: unexpected eof"):
        enforcement.enforce(Gatekeeper(trouble="rego_parse_error: unexpected eof"), enforcement.chosen(ONE), "deny")


@pytest.mark.parametrize(("status", "state"), [
    ({}, "unknown to audit, webhook"),
    ({"byPod": [{"operations": ["audit"], "enforced": True, "observedGeneration": 2}]}, "unknown to webhook"),
    ({"byPod": [{"operations": ["audit", "webhook"], "enforced": True, "observedGeneration": 1}]},
     "unknown to audit, webhook"),
    ({"byPod": [{"operations": ["audit", "webhook"], "observedGeneration": 2}]}, "unknown to audit, webhook"),
    ({"byPod": [{"operations": ["audit", "webhook"], "errors": [{"message": "no such kind"}]}]}, "no such kind"),
    ({"byPod": [{"operations": ["audit", "webhook"], "enforced": True, "observedGeneration": 2}]}, "in force"),
    # The API server writes an empty list as null.
    ({"byPod": [{"operations": ["audit", "webhook"], "enforced": True, "observedGeneration": 2, "errors": None}]},
     "in force"),
    ({"byPod": None}, "unknown to audit, webhook"),
    (None, "unknown to audit, webhook"),
])
def test_a_constraint_is_in_force_when_every_process_knows_it_as_it_is_now(status, state):
    api = Gatekeeper()
    api._objects["v1/Constraint", "one"] = {"metadata": {"generation": 2}, "status": status}
    assert enforcement._constraint_state(api, "v1/Constraint", "one") == state


@pytest.mark.parametrize(("status", "state"), [
    (None, "not created yet"), ({"byPod": None}, "not created yet"),
    ({"byPod": [{"errors": None}], "created": True}, "in force"),
    ({"byPod": [{"errors": [{"message": "no such rule"}]}], "created": True}, "no such rule"),
])
def test_a_template_is_in_force_when_it_is_created_without_an_error(status, state):
    api = Gatekeeper()
    api._objects[TEMPLATE, "one"] = {"metadata": {"generation": 1}, "status": status}
    api.read = lambda kind, name: api._objects[kind, name]
    assert enforcement._template_state(api, "one") == state


def test_a_platform_chooses_its_policies():
    assert set(enforcement.chosen({}).policies) == {policy.id for policy in policies.load().policies.values()
                                                    if policy.policy_class is not PolicyClass.REJECTED}
    assert {policy.category for policy in enforcement.chosen({"only": ["kueue", "mig"]}).policies.values()} == {"kueue", "mig"}
    with pytest.raises(UsageError, match="there is no policy queue"):
        enforcement.chosen({"only": ["queue"]})


@pytest.mark.parametrize(("settings", "enforces"), [({}, False), ({"policies": "audit"}, False), ({"policies": "deny"}, True)])
def test_policies_are_enforced_where_the_platform_says_deny(settings, enforces):
    assert (Feature.POLICY_ENFORCEMENT in components()["gatekeeper"].set_up(settings).provides) is enforces


def test_little_is_changed_of_the_manifest():
    namespace, deployment = gatekeeper._patched(copy.deepcopy(MANIFEST))
    assert namespace == MANIFEST[0]
    assert deployment["spec"]["replicas"] == 1
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["--port=8443"]
    assert container["image"].startswith("docker.io/openpolicyagent/gatekeeper:v3.")


def held(*ids):
    corpus = policies.load()
    return {export.kind(corpus.policies[one]) for one in ids}


def whole(category):
    return [policy.id for policy in enforcement.chosen({"only": [category]}).policies.values() if policy.at_admission]


@pytest.mark.parametrize(("there", "only"), [
    (whole("secrets"), ["secrets"]),
    ([*whole("accelerators"), *whole("secrets")], ["accelerators", "secrets"]),
    (whole("accelerators")[:1], whole("accelerators")[:1]),
    ([*whole("secrets"), whole("accelerators")[0]], [whole("accelerators")[0], "secrets"]),
    ([policy.id for policy in enforcement.chosen({}).policies.values() if policy.at_admission], []),
])
def test_policies_in_force_are_named_as_a_platform_would_name_them(there, only):
    assert enforcement.named(held(*there)) == only


class Installed:
    """An API server with policies of ours and of others in force, and a Gatekeeper that follows at once."""

    def __init__(self, kinds, *, config=None, action="deny"):
        self.kinds, self.config, self.action, self.deleted = [*kinds, "Theirs"], config, action, []

    def serves(self, kind):
        return kind in (TEMPLATE, CONFIG) or kind.rpartition("/")[2] in self.kinds

    def read(self, kind, name, namespace):
        return self.config

    def list(self, kind):
        if kind != TEMPLATE:
            return [{"kind": kind.rpartition("/")[2], "spec": {"enforcementAction": self.action}}]
        return [{"metadata": {"name": one.lower()}, "spec": {"crd": {"spec": {"names": {"kind": one}}}}} for one in self.kinds]

    def delete(self, kind, name, namespace=None):
        self.deleted.append(name)
        self.kinds = [one for one in self.kinds if one.lower() != name]


def test_what_a_platform_said_of_it_is_read_back():
    config = {"spec": {"match": [{"excludedNamespaces": ["kube-*"], "processes": ["*"]},
                                 {"excludedNamespaces": ["theirs"], "processes": ["audit"]}]}}
    assert gatekeeper.settings_on(Installed(held(*whole("secrets")), config=config)) == {
        "exempt_namespaces": ["kube-*"], "policies": "deny", "only": ["secrets"]}
    assert gatekeeper.settings_on(Installed(held(*whole("secrets")), action="dryrun"))["policies"] == "audit"
    assert gatekeeper.settings_on(Installed([])) == {}


def test_policies_that_are_wanted_no_more_go_and_those_of_others_stay():
    api = Installed(held(*whole("secrets"), *whole("accelerators")))
    enforcement.withdraw(api, but=enforcement.chosen({"only": ["secrets"]}))
    assert {*api.kinds} == {*held(*whole("secrets")), "Theirs"}
    enforcement.withdraw(api, but=None)
    assert api.kinds == ["Theirs"]
    assert "theirs" not in api.deleted
