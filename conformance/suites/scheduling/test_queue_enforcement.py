"""Ways past the queues."""

import time
from dataclasses import replace

from conformance import Feature, Fidelity, Workload, behaviour, job, throughout
from conformance.model.promise import Team
from conformance.platform import Platform
from conformance.waiting import preparing


def _allowed_work_runs(platform: Platform, team: Team) -> None:
    """Show that work gets past the queue meanwhile which may: it asks for no GPU, so that it takes none from anybody.

    Raises Unprepared when it does not run: that other work holds nothing says nothing then.
    """
    with preparing(team.name):
        platform.submit(Workload(pods=1, gpus_per_pod=0), team=team, named="allowed").await_running(
            because=f"{platform.queue_of(team)} lets a job of {team.name} run that asks for no GPU")


@behaviour(requirement="queue_enforcement", needs=[Feature.QUEUE_ENFORCEMENT], fidelity=Fidelity.CONTROL_PLANE,
           catches={"queueless-jobs-ignored": "gets past"}, alone=False, disturbs=[])
def test_work_without_a_queue_gets_no_gpu(platform: Platform, team: Team) -> None:
    """A job that names no queue gets no GPU in a team's namespace.

    One forgotten label must not be a way around every quota.
    """
    began_at = time.monotonic()
    stray = platform.submit(job(gpus=8), team=platform.without_queue(team), named="queueless")
    _allowed_work_runs(platform, team)
    throughout(stray.gpus_held, stays=0, since=began_at,
               because=f"namespace {team.namespace}: a job without a queue's name gets past {platform.queue_of(team)}")


@behaviour(requirement="queue_enforcement", needs=[Feature.QUEUE_ENFORCEMENT], fidelity=Fidelity.CONTROL_PLANE,
           catches={"queue-open-to-all": "gives nothing to namespace"}, alone=False, disturbs=[])
def test_a_namespace_that_is_not_selected_gets_nothing_from_a_queue(platform: Platform, team: Team) -> None:
    """A namespace that a queue does not select gets no GPU of it, even with a door to it.

    Whoever may create a LocalQueue must not be able to spend another team's GPUs.
    """
    stranger = replace(team, name="a-stranger", namespace=platform.stranger_namespace(team))
    began_at = time.monotonic()
    stray = platform.submit(job(gpus=8), team=stranger, named="stranger")
    _allowed_work_runs(platform, team)
    throughout(stray.gpus_held, stays=0, since=began_at,
               because=f"{platform.queue_of(team)} gives nothing to namespace {stranger.namespace}")
