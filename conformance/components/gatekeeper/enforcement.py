"""Seatrial's policies in force on a live Gatekeeper: what `seatrial policy export` writes, applied and waited for."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.components.gatekeeper.names import CONSTRAINTS, OURS, TEMPLATE
from conformance.kube.api import Api, Object, kind_of, name_of, parse
from conformance.model.finding import PolicyClass
from conformance.policy import export, facts, policies
from conformance.policy.policies import Corpus
from conformance.waiting import eventually, patience

IN_FORCE = "in force"
PROCESSES = {"audit", "webhook"}
"""What must know a constraint before it is in force."""


def chosen(settings: Mapping[str, Any]) -> Corpus:
    """Return the policies that a platform's settings name. Raises UsageError for an unknown name.

    What the API server or a component refuses by itself is left to them: of two who refuse, now the one answers
    and now the other.
    """
    corpus = policies.load()
    corpus = corpus.only(settings["only"]) if settings.get("only") else corpus
    return replace(corpus, policies={policy.id: policy for policy in corpus.policies.values()
                                     if policy.policy_class is not PolicyClass.REJECTED})


def named(kinds: Collection[str]) -> list[str]:
    """Return what `only` would say of the policies whose constraints have these kinds; none: left out."""
    able = [policy for policy in chosen({}).policies.values() if policy.at_admission]
    there = {policy.id for policy in able if export.kind(policy) in kinds}
    whole = {policy.category for policy in able} - {policy.category for policy in able if policy.id not in there}
    if len(there) == len(able):
        return []
    return sorted({policy.category if policy.category in whole else policy.id for policy in able if policy.id in there})


def ours(api: Api) -> list[str]:
    """Return the kinds of constraints that Seatrial's own templates make."""
    return [str(template["spec"]["crd"]["spec"]["names"]["kind"]) for template in api.list(TEMPLATE)
            if template["metadata"]["name"].startswith(OURS)]


def withdraw(api: Api, *, but: Corpus | None) -> None:
    """Take policies of ours away that are in force, with their constraints, all but some; return when they are gone.

    Raises Unmet.
    """
    kept = {export.kind(policy) for policy in but.policies.values() if policy.at_admission} if but else set()
    gone = [kind for kind in (ours(api) if api.serves(TEMPLATE) else ()) if kind not in kept]
    for kind in gone:
        api.delete(TEMPLATE, kind.lower())
    for kind in gone:
        eventually(partial(api.serves, f"{CONSTRAINTS}/{kind}"), becomes=False, within=patience().ready,
                   because=f"the API server knows {kind}")


def enforce(api: Api, corpus: Corpus, how: str) -> list[Object]:
    """Apply policies, to `deny` or to `audit`; return their constraints when all are in force. Raises Unmet."""
    exported = list(export.export(corpus, facts.data({}), how))
    api.apply_all(obj for one in exported for obj in parse(one.template, one.policy.id))
    for one in exported:
        kind = export.kind(one.policy)
        eventually(partial(_template_state, api, kind.lower()), becomes=IN_FORCE, within=patience().ready,
                   because=f"ConstraintTemplate {kind.lower()}")
    constraints = [obj for one in exported for obj in parse(one.constraint, one.policy.id)]
    for obj in constraints:
        eventually(partial(api.serves, kind_of(obj)), becomes=True, within=patience().ready,
                   because=f"the API server knows {obj['kind']}")
    api.apply_all(constraints)
    for obj in constraints:
        await_force(api, obj)
    return constraints


def await_force(api: Api, constraint: Object) -> None:
    """Return when Gatekeeper acts by a constraint as it is written now. Raises Unmet."""
    eventually(partial(_constraint_state, api, kind_of(constraint), constraint["metadata"]["name"]),
               becomes=IN_FORCE, within=patience().ready, because=name_of(constraint))


def _template_state(api: Api, name: str) -> str:
    status = (api.read(TEMPLATE, name) or {}).get("status") or {}
    return _wrong(status) or (IN_FORCE if status.get("created") else "not created yet")


def _constraint_state(api: Api, kind: str, name: str) -> str:
    found = api.read(kind, name) or {}
    knowing = {process for pod in _pods(found.get("status") or {})
               if pod.get("enforced") and pod.get("observedGeneration") == found["metadata"]["generation"]
               for process in pod["operations"]}
    unaware = PROCESSES - knowing
    return _wrong(found.get("status") or {}) or (f"unknown to {', '.join(sorted(unaware))}" if unaware else IN_FORCE)


def _wrong(status: Mapping[str, Any]) -> str:
    return "; ".join(error["message"] for pod in _pods(status) for error in pod.get("errors") or [])


def _pods(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what each of Gatekeeper's pods says; the API server writes an empty list as null."""
    return status.get("byPod") or []
