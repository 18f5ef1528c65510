"""Policies that are held at admission."""

from collections.abc import Sequence

from conformance import Feature, Fidelity, Unsupported, assets, behaviour, throughout
from conformance.kube.api import Object, kind_of, load, name_of
from conformance.model.component import Component
from conformance.model.finding import Policy, Severity
from conformance.platform import Platform
from conformance.suites.admission.refusals import LOOKS_S, TAKEN, refused


@behaviour(requirement="policies_at_admission", needs=[Feature.POLICY_ENFORCEMENT], fidelity=Fidelity.CONTROL_PLANE,
           catches={"policies-only-reported": "who refuses what", "policy-webhook-gone": "who refuses what"},
           alone=False, disturbs=[])
def test_what_a_policy_denies_does_not_enter(platform: Platform, component: Component) -> None:
    """What a policy denies does not enter; the refusal names the policy and says what to write instead.

    A policy that is only read about in a report meets the workload when it already runs.
    """
    policy, wrong, right = _shown(platform, component)
    by = component.enforces.by if component.enforces else ""
    throughout(lambda: refused(platform, right), stays=TAKEN, during=0,
               because=f"who refuses {name_of(right)}, as {policy.id} wants it")
    throughout(lambda: refused(platform, wrong), during=LOOKS_S, because=f"who refuses what {policy.id} denies",
               stays=lambda said: said.startswith(f"{by}: ") and policy.id in said and policy.remedy in said)


def _shown(platform: Platform, component: Component) -> tuple[Policy, Object, Object]:
    """Return an enforced policy, a Pod that only this policy is against, and one that it has nothing against."""
    spec = platform.folder.component(component.name)
    for policy in component.enforces.policies(spec.settings if spec else {}) if component.enforces else ():
        if policy.severity is Severity.ERROR and policy.at_admission:
            wrong, right = (_pods(policy, verdict) for verdict in ("denied", "allowed"))
            if wrong and right:
                return policy, wrong[0], right[0]
    raise Unsupported("no policy that is enforced here can be shown by a Pod")


def _pods(policy: Policy, verdict: str) -> Sequence[Object]:
    folder = assets.folder("policies") / policy.id / verdict
    return [obj for file in sorted(folder.glob("*.yaml")) for obj in load(file) if kind_of(obj) == "v1/Pod"]
