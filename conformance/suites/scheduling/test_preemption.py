"""Who gives way to whom, and who never does."""

import time
from dataclasses import dataclass

from conformance import Disturbance, Feature, Fidelity, Unsupported, behaviour, job, throughout
from conformance.model.measurement import Measure
from conformance.model.promise import Team
from conformance.platform import Platform, Submitted
from conformance.suites.scheduling.demand import ask, most
from conformance.waiting import reached_s

LOW, MIDDLE, HIGH = 10, 100, 1000


@dataclass(frozen=True)
class _Full:
    """A team's queue, full of less urgent work, and what happened when urgent work came."""

    queue: str
    low: list[Submitted]
    middle: list[Submitted]
    urgent: Submitted
    urgent_at: float
    """When it had been submitted, by `time.monotonic`."""

    @property
    def stopped(self) -> list[Submitted]:
        return [each for each in (*self.low, *self.middle) if each.running.now == 0]


def _urgent_work_comes(platform: Platform, team: Team, *, low_gpus: int) -> _Full:
    """Fill all that a team may hold, `low_gpus` of it less urgent; then submit 8 urgent GPUs and let them run.

    Raises Unsupported where the team may hold too few for that.
    """
    if most(team) < low_gpus + 8:  # then nothing more urgent could be stopped by mistake
        raise Unsupported(f"{team.name} may hold {most(team)} GPUs, and it takes {low_gpus + 8} to tell its work apart")
    queue = platform.queue_of(team)
    middle = ask(platform, team, most(team) - low_gpus, priority=MIDDLE, named="middle")
    low = ask(platform, team, low_gpus, priority=LOW, named="low")
    for each in (*middle, *low):
        each.await_running(because=f"{queue} lets {team.name} fill all it may hold")
    urgent = platform.submit(job(gpus=8, priority=HIGH), named="urgent")
    urgent_at = time.monotonic()
    urgent.await_running(because=f"urgent work of {team.name} preempts in {queue}")
    return _Full(queue, low, middle, urgent, urgent_at)


@behaviour(requirement="preemption", needs=[Feature.PREEMPTION], fidelity=Fidelity.CONTROL_PLANE,
           promise="never_preempted", where=lambda team: not team.never_preempted,
           catches={"priority-ignored": "preempts in", "volcano-preempt-off": "preempts in"},
           disturbs=[Disturbance.COHORT], priorities=[MIDDLE, HIGH])
def test_urgent_work_stops_no_more_than_it_needs_and_the_victim_resumes(platform: Platform, team: Team,
                                                                        measure: Measure) -> None:
    """Urgent work stops as little less urgent work as it needs, and the victim resumes when room returns.

    A preemption that stops more than it needs costs more than it brings; a victim that is forgotten, most.
    """
    # All of one priority: a victim that could stop somebody less urgent in turn would make it two for a moment.
    full = _urgent_work_comes(platform, team, low_gpus=0)
    measure("urgent work runs after", reached_s(full.urgent.running, becomes=1, since=full.urgent_at), "s")
    throughout(lambda: len(full.stopped), stays=1,
               because=f"{full.queue}: jobs of 8 GPUs that are stopped for 8 urgent GPUs")
    victims = full.stopped
    full.urgent.finish()
    for victim in victims:
        victim.await_running(because=f"{full.queue}: the victim {victim.name} resumes when room returns")


@behaviour(requirement="preemption", needs=[Feature.PREEMPTION, Feature.LOWEST_FIRST],
           fidelity=Fidelity.CONTROL_PLANE, promise="never_preempted", where=lambda team: not team.never_preempted,
           catches={"low-priority-raised": "was stopped while work of priority"},
           disturbs=[Disturbance.COHORT], priorities=[LOW, MIDDLE, HIGH])
def test_urgent_work_takes_from_the_least_urgent(platform: Platform, team: Team) -> None:
    """Of the work in a queue, the least urgent is stopped first.

    What is worth more keeps running.
    """
    # Two may be stopped, and the right one is told from the wrong one, wherever the team may hold enough for that.
    full = _urgent_work_comes(platform, team, low_gpus=16 if most(team) >= 24 else 8)
    wrong = [victim.name for victim in full.stopped if victim not in full.low]
    assert not wrong, f"{full.queue}: work of priority {MIDDLE} was stopped while work of priority {LOW} ran: {wrong}"


@behaviour(requirement="preemption", needs=[Feature.PREEMPTION], fidelity=Fidelity.CONTROL_PLANE,
           promise="never_preempted", where=lambda team: bool(team.never_preempted),
           catches={"guarantee-halved": "runs on whatever", "preemption-within-on": "runs on whatever"},
           disturbs=[Disturbance.COHORT], priorities=[HIGH])
def test_protected_work_is_never_a_victim(platform: Platform, team: Team) -> None:
    """Work that was promised never to be preempted keeps running, whoever asks for its GPUs.

    A model that serves users is not a batch job.
    """
    serving = platform.submit(job(gpus=team.guaranteed_gpus or 0, gpus_per_pod=8), named="protected")
    serving.await_running(because=f"{platform.queue_of(team)} lets {team.name} have its guaranteed GPUs")
    full_at = time.monotonic()
    for other in platform.sharing_with(team):
        ask(platform, other, most(other), priority=HIGH, named="pressure")
    platform.submit(job(gpus=8, priority=HIGH), named="urgent-of-its-own").await_answer()
    throughout(serving.running, stays=serving.workload.pods, since=full_at,
               because=f"{platform.queue_of(team)}: work of {team.name} runs on whatever others ask for")
