"""Mistakes that the API itself refuses."""

import copy
from functools import partial

from conformance import Feature, Fidelity, Unsupported, behaviour, throughout
from conformance.kube.api import Object, kind_of
from conformance.kube.names import unique
from conformance.model.component import Component
from conformance.model.rule import Rules
from conformance.platform import Platform
from conformance.suites.admission.refusals import LOOKS_S, TAKEN, refused, refused_by


@behaviour(requirement="admission_rules", needs=[Feature.ADMISSION_RULES], fidelity=Fidelity.CONTROL_PLANE,
           catches={"kueue-webhook-gone": "has a lendingLimit", "kueue-rules-stripped": "has a borrowingLimit",
                    "training-webhook-gone": "has two masters", "volcano-webhook-gone": "needs more pods than it has"},
           alone=False, disturbs=[],
           cluster_objects=lambda component: component.rules.cluster_objects if component.rules else ())
def test_what_cannot_work_is_refused_with_its_reason(platform: Platform, component: Component) -> None:
    """The API refuses what its component says cannot work, names the reason, and takes the same without the mistake.

    A mistake that is taken shows up at night, as work that waits for ever.
    """
    known = component.rules
    if known is None:
        raise Unsupported(f"no rules are written down for {component.name}")
    sound = known.sound(platform.served_team, platform.cluster_name)
    throughout(lambda: refused(platform, sound), stays=TAKEN, during=0,
               because=f"who refuses a sound {sound['kind']}")
    throughout(lambda: _wrong_answers(platform, known, sound), stays={}, during=LOOKS_S,
               because=f"rules of {component.name} for a {sound['kind']} that the API does not keep")


@behaviour(requirement="admission_rules", needs=[Feature.ADMISSION_RULES, Feature.QUEUE_ENFORCEMENT],
           fidelity=Fidelity.CONTROL_PLANE,
           catches={"kueue-rules-stripped": "leads to another ClusterQueue"}, alone=False, disturbs=[])
def test_a_door_to_a_queue_cannot_be_moved(platform: Platform) -> None:
    """A LocalQueue leads to the ClusterQueue that it was made for, whatever is written to it later.

    Work that waits behind it would change the team that pays for it.
    """
    fixed = platform.component.rules.fixed if platform.component.rules else None
    if fixed is None:
        raise Unsupported(f"nothing is written down of what {platform.component.name} keeps as it was made")
    name, namespace = unique("door"), platform.served_team.namespace
    door = platform.create(fixed.made(name, platform.served_team))
    throughout(lambda: refused_by(partial(platform.api.patch, kind_of(door), name, fixed.change, namespace)),
               stays=lambda answer: answer.startswith(f"{fixed.by}: ") and fixed.saying in answer, during=LOOKS_S,
               because=f"who refuses that {door['kind']} {namespace}/{name} leads to another ClusterQueue")


def _wrong_answers(platform: Platform, known: Rules, sound: Object) -> dict[str, str]:
    """Return, for each rule that is not kept, what came instead of the right refusal."""
    wrong = {}
    for rule in known.rules:
        broken = copy.deepcopy(sound)
        rule.broken_by(broken)
        answer = refused(platform, broken)
        if not answer.startswith(f"{rule.by}: ") or rule.saying not in answer:
            wrong[rule.sentence] = f"expected {rule.by}: …{rule.saying}…, refused by {answer}"
    return wrong
