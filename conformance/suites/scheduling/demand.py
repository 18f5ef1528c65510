"""Pressure: what the other teams ask for while one team's promise is looked at."""

import math
from typing import Any

from conformance.kube.timeline import gpus_held
from conformance.matching import at_least
from conformance.model.promise import Team
from conformance.model.workload import Workload, gang, job
from conformance.platform import Platform, Submitted
from conformance.waiting import eventually

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

    Returns an observable: the GPUs that they hold.
    """
    others = platform.sharing_with(team)
    for other in others:
        ask(platform, other, most(other), priority=priority)
    held = held_by(platform, others)
    there_is = min(sum(map(most, others)), free_for_others(platform, team))
    # A rest that is smaller than a job stays idle.
    eventually(held, becomes=at_least(there_is - there_is % GPUS_PER_JOB),
               because=f"those who share with {platform.queue_of(team)} take all they may")
    return held


def free_for_others(platform: Platform, team: Team) -> int:
    """Return the GPUs that others can hold together while `team` holds none: all but what it does not lend."""
    kept = 0 if team.lends_at_most_gpus is None else (team.guaranteed_gpus or 0) - team.lends_at_most_gpus
    return platform.pool_gpus(team) - kept


def held_by(platform: Platform, teams: list[Team]) -> Any:
    """Return an observable: the GPUs that the pods of some teams hold together."""
    namespaces = {team.namespace for team in teams}
    return platform.timeline.pods(lambda pod: pod["metadata"]["namespace"] in namespaces, gpus_held,
                                  what=f"GPUs held by {', '.join(team.name for team in teams) or 'nobody'}")
