"""Pressure: what the other teams ask for while one team's promise is looked at."""

import math
from typing import Any

from conformance.errors import Unsupported
from conformance.kube.timeline import gpus_held
from conformance.matching import at_least
from conformance.model.measurement import AT_MOST, Objective
from conformance.model.promise import Team
from conformance.model.workload import Workload, gang, job
from conformance.platform import Platform, Submitted
from conformance.waiting import eventually, preparing

GPUS_PER_JOB = 8


def most(team: Team) -> int:
    """Return the most GPUs that a team may hold: what it is guaranteed and what it may borrow."""
    return (team.guaranteed_gpus or 0) + (team.may_borrow_gpus or 0)


def ask(platform: Platform, team: Team, gpus: int, *, priority: int = 0, named: str = "demand") -> list[Submitted]:
    """Submit jobs of one pod and at most 8 GPUs each that ask for `gpus` GPUs together: as many run as may."""
    whole, rest = divmod(gpus, GPUS_PER_JOB)
    sizes = [GPUS_PER_JOB] * whole + ([rest] if rest else [])
    return [platform.submit(job(gpus=size, priority=priority), team=team, named=named) for size in sizes]


def whole(gpus: int) -> Workload:
    """Return work that uses `gpus` GPUs together or not at all, in pods of equal size, at most 8 GPUs each."""
    size = math.gcd(gpus, GPUS_PER_JOB)
    return gang(pods=gpus // size, gpus_per_pod=size)


def others_take_all_they_may(platform: Platform, team: Team, *, priority: int = 0) -> Any:
    """Let everyone who shares with `team` ask for all it may hold, and wait until they hold all there is for them.

    Returns an observable: the GPUs that they hold. Raises Unsupported where nobody is there to take any, Unprepared,
    which names them, where they do not get what they may: what `team` was promised is not tried then.
    """
    others = platform.sharing_with(team)
    there_is = min(platform.most_held({other: most(other) for other in others}), free_for_others(platform, team))
    wanted = there_is - there_is % GPUS_PER_JOB  # a rest that is smaller than a job stays idle
    names = ", ".join(other.name for other in others)
    if wanted <= 0:
        raise Unsupported(f"{names} may take no GPU that {team.name} shares" if others else
                          f"no other team that was promised something shares GPUs with {team.name}: there is nobody "
                          "who could take them")
    for other in others:
        ask(platform, other, most(other), priority=priority)
    held = held_by(platform, others)
    with preparing(names):
        eventually(held, becomes=at_least(wanted),
                   because=f"those who share with {platform.queue_of(team)} take all they may")
    return held


def back_within(team: Team) -> Objective | None:
    """Return within which time a team was promised to have its GPUs; None: it was promised none."""
    if team.back_within_s is None:
        return None
    return Objective(bound=AT_MOST, limit=team.back_within_s, source=f"back_within_s of {team.name}")


def free_for_others(platform: Platform, team: Team) -> int:
    """Return the GPUs that others can hold together while `team` holds none: all but what it does not lend."""
    kept = 0 if team.lends_at_most_gpus is None else (team.guaranteed_gpus or 0) - team.lends_at_most_gpus
    return platform.pool_gpus(team) - kept


def held_by(platform: Platform, teams: list[Team]) -> Any:
    """Return an observable: the GPUs that the pods of some teams hold together."""
    namespaces = {team.namespace for team in teams}
    return platform.timeline.pods(lambda pod: pod["metadata"]["namespace"] in namespaces, gpus_held,
                                  what=f"GPUs held by {', '.join(team.name for team in teams) or 'nobody'}")
