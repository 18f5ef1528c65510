"""Training jobs as gangs: all their processes are one group to the scheduler that places them."""

from conformance import Disturbance, Feature, Fidelity, behaviour, eventually, job, like, throughout
from conformance.components.scheduling import POD_GROUP, VOLCANO
from conformance.kube.api import Object
from conformance.platform import Platform
from conformance.suites.scheduling.nodes import in_fragments, watched_s

GROUP = "scheduling.k8s.io/group-name"


@behaviour(requirement="gang_scheduling", needs=[Feature.TRAINING_GANGS], fidelity=Fidelity.CONTROL_PLANE,
           catches={"training-gangs-off": "PodGroup of PyTorchJob", "gangs-of-one": "PodGroup of PyTorchJob"},
           disturbs=[])
def test_a_training_job_is_one_gang_in_its_teams_queue(platform: Platform) -> None:
    """A PyTorchJob has a PodGroup of its team's queue that counts all its processes, and Volcano places all of them.

    A process that another scheduler places, or that the group does not count, starts without the others.
    """
    work = platform.submit(job(gpus=24, gpus_per_pod=8), named="group")
    work.await_running(because=f"PyTorchJob {work.name} runs its 3 processes")
    eventually(lambda: platform.api.read(POD_GROUP, work.name, work.team.namespace),
               becomes=like({"spec": {"minMember": 3, "queue": work.team.queue}}),
               because=f"PodGroup of PyTorchJob {work.name}, which has 3 processes in {platform.queue_of(work.team)}")
    eventually(lambda: [_placed_by(pod) for pod in work.pod_list()], becomes=[(VOLCANO, work.name)] * 3,
               because=f"who places the processes of PyTorchJob {work.name}, and as part of which group")


@behaviour(requirement="gang_scheduling", needs=[Feature.TRAINING_GANGS], fidelity=Fidelity.CONTROL_PLANE,
           catches={"training-gangs-off": "none may take it", "gang-plugin-off": "none may take it"},
           disturbs=[Disturbance.NODES])
def test_a_training_gang_that_does_not_fit_holds_no_accelerator(platform: Platform) -> None:
    """A PyTorchJob of which only some processes would find a node holds no accelerator.

    There are GPUs enough for it, and they are in the wrong places: only the gang keeps its first processes from them.
    """
    torn = platform.submit(in_fragments(platform, platform.served_team), named="torn")
    eventually(torn.pods, becomes=3, because=f"PyTorchJob {torn.name}: its 3 processes could be placed")
    throughout(torn.gpus_held, stays=0, during=watched_s(), since=platform.timeline.opened_at,
               because=f"{platform.queue_of(torn.team)}: two of the three processes of PyTorchJob {torn.name} "
                       f"would find a node, so none may take it")


def _placed_by(pod: Object) -> tuple[str, str]:
    return pod["spec"]["schedulerName"], pod["metadata"].get("annotations", {}).get(GROUP, "none")
