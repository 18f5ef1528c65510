"""Ways past the queues."""

from dataclasses import replace

from conformance import Feature, Fidelity, behaviour, job, throughout
from conformance.model.promise import Team
from conformance.platform import Platform


@behaviour(requirement="queue_enforcement", needs=[Feature.QUEUE_ENFORCEMENT], fidelity=Fidelity.CONTROL_PLANE,
           catches={"queueless-jobs-ignored": "gets past"}, alone=False, disturbs=[])
def test_work_without_a_queue_gets_no_gpu(platform: Platform, team: Team) -> None:
    """A job that names no queue gets no GPU in a team's namespace.

    One forgotten label must not be a way around every quota.
    """
    stray = platform.submit(job(gpus=8), team=platform.without_queue(team), named="queueless")
    throughout(stray.gpus_held, stays=0,
               because=f"namespace {team.namespace}: a job without a queue's name gets past {platform.queue_of(team)}")


@behaviour(requirement="queue_enforcement", needs=[Feature.QUEUE_ENFORCEMENT], fidelity=Fidelity.CONTROL_PLANE,
           catches={"queue-open-to-all": "gives nothing to namespace"}, alone=False, disturbs=[])
def test_a_namespace_that_is_not_selected_gets_nothing_from_a_queue(platform: Platform, team: Team) -> None:
    """A namespace that a queue does not select gets no GPU of it, even with a door to it.

    Whoever may create a LocalQueue must not be able to spend another team's GPUs.
    """
    stranger = replace(team, name="a-stranger", namespace=platform.stranger_namespace(team))
    stray = platform.submit(job(gpus=8), team=stranger, named="stranger")
    throughout(stray.gpus_held, stays=0,
               because=f"{platform.queue_of(team)} gives nothing to namespace {stranger.namespace}")
