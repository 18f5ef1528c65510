"""Who gives way to whom, and who never does."""

from conformance import Feature, Fidelity, behaviour, job, throughout
from conformance.model.promise import Team
from conformance.platform import Platform
from conformance.suites.scheduling.demand import ask, most

LOW, MIDDLE, HIGH = 10, 100, 1000


@behaviour(requirement="preemption", needs=[Feature.PREEMPTION], fidelity=Fidelity.CONTROL_PLANE,
           promise="never_preempted", where=lambda team: not team.never_preempted,
           catches=["priority-ignored"], alone="cohort")
def test_urgent_work_takes_from_the_least_urgent_and_no_more_than_it_needs(platform: Platform, team: Team) -> None:
    """Urgent work stops as little of the least urgent work as it needs, and the victim resumes afterwards.

    A preemption that stops more than it needs, or the wrong job, costs more than it brings.
    """
    middle = ask(platform, team, most(team) - 16, priority=MIDDLE, named="middle")
    low = ask(platform, team, 16, priority=LOW, named="low")
    for each in (*middle, *low):
        each.await_running(because=f"{platform.queue_of(team)} lets {team.name} fill all it may hold")
    urgent = platform.submit(job(gpus=8, priority=HIGH), named="urgent")
    urgent.await_running(because=f"urgent work of {team.name} preempts in {platform.queue_of(team)}")
    stopped = [each for each in (*middle, *low) if each.running.now == 0]
    assert [each in low for each in stopped] == [True], \
        f"{platform.queue_of(team)}: 8 urgent GPUs should stop one job of priority {LOW}, " \
        f"stopped: {[each.name for each in stopped]}"
    urgent.finish()
    for each in low:
        each.await_running(because=f"{platform.queue_of(team)}: the victim resumes when room returns")


@behaviour(requirement="preemption", needs=[Feature.PREEMPTION], fidelity=Fidelity.CONTROL_PLANE,
           promise="never_preempted", where=lambda team: bool(team.never_preempted),
           catches=["guarantee-halved", "preemption-within-on"], alone="cohort")
def test_protected_work_is_never_a_victim(platform: Platform, team: Team) -> None:
    """Work that was promised never to be preempted keeps running, whoever asks for its GPUs.

    A model that serves users is not a batch job.
    """
    serving = platform.submit(job(gpus=team.guaranteed_gpus or 0, gpus_per_pod=8), named="protected")
    serving.await_running(because=f"{platform.queue_of(team)} lets {team.name} have its guaranteed GPUs")
    for other in platform.sharing_with(team):
        ask(platform, other, most(other), priority=HIGH, named="pressure")
    platform.submit(job(gpus=8, priority=HIGH), named="urgent-of-its-own")
    throughout(serving.running, stays=serving.workload.pods,
               because=f"{platform.queue_of(team)}: work of {team.name} runs on whatever others ask for")
