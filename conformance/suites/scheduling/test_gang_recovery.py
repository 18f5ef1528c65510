"""What becomes of a gang that loses a pod."""

from conformance import Disturbance, Feature, Fidelity, behaviour, eventually, gang
from conformance.model.promise import Team
from conformance.platform import POD, Platform
from conformance.suites.scheduling.nodes import gpus_of, lose
from conformance.waiting import patience

PODS = 3


@behaviour(requirement="gang_scheduling", needs=[Feature.GANG_SCHEDULING], fidelity=Fidelity.CONTROL_PLANE,
           promise="starts_as_gang", where=lambda team: bool(team.starts_as_gang),
           catches={"second-attempts-refused": "after the loss of", "lost-nodes-tolerated": "after the loss of"},
           disturbs=[Disturbance.NODES])
def test_a_gang_that_loses_a_node_is_whole_again_or_gone(platform: Platform, team: Team) -> None:
    """A gang that loses a node is soon whole again on other nodes, or gone: never half for long.

    The pods that are left wait for one that does not answer any more, and their accelerators with them.
    """
    size = gpus_of(platform.nodes_of(team, at_least=PODS + 1)[0])
    struck = platform.submit(gang(pods=PODS, gpus_per_pod=size, restart_job_on_eviction=True,
                                  leaves_lost_node_after_s=1), named="struck")
    struck.await_running(because=f"{platform.queue_of(team)} starts {team.name}'s gang {struck.name}")
    lost = min(struck.nodes.now)
    lose(platform, lost)

    restarts = Feature.JOB_RESTART_POLICY in platform.component.provides

    def state() -> str:
        if not struck.gpus_held.now:
            return "gone"
        away = lost not in struck.nodes.now and struck.running.now == PODS
        return "whole again" if away else f"{struck.running.now} of {PODS} pods run, and {lost} is lost"

    def whole_again_or_gone(seen: str) -> bool:
        # On its way to a second attempt a job is gone for a moment: what can start again must.
        return seen == "whole again" or (seen == "gone" and not restarts)

    eventually(state, becomes=whole_again_or_gone, within=patience().delete, story=struck.nodes.story,
               because=f"after the loss of {lost} {team.name}'s gang {struck.name}"
                       f"{', whose policy is to restart,' if restarts else ''}")


@behaviour(requirement="gang_scheduling", needs=[Feature.GANG_SCHEDULING, Feature.JOB_RESTART_POLICY],
           fidelity=Fidelity.CONTROL_PLANE, promise="starts_as_gang", where=lambda team: bool(team.starts_as_gang),
           catches={"job-policies-stripped": "one was evicted", "second-attempts-refused": "one was evicted"},
           disturbs=[])
def test_an_evicted_pod_restarts_the_whole_job_where_the_policy_says_so(platform: Platform, team: Team) -> None:
    """When one pod of a job is evicted every pod is replaced, if the job's policy says so.

    The others hold connections to a peer that is gone; a fresh start from the last checkpoint is all that helps.
    """
    before = platform.submit(gang(pods=PODS, restart_job_on_eviction=True), named="evicted")
    before.await_running(because=f"{platform.queue_of(team)} starts {team.name}'s gang {before.name}")
    old, (evicted, *_) = before.uids.now, before.pod_list()
    platform.api.delete(POD, evicted["metadata"]["name"], team.namespace, uid=evicted["metadata"]["uid"])

    def all_new(uids: frozenset[str]) -> bool:
        return len(uids) == PODS and not uids & old

    eventually(before.uids, becomes=all_new,
               because=f"pods of {team.name}'s job {before.name}, of which one was evicted")
    before.await_running(because=f"{team.name}'s job {before.name} runs whole again")
