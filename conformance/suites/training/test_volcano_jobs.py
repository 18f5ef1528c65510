"""What a Job means that is easily written and easily misread: how many start, who is told of whom, when it is over."""

from collections import Counter

from conformance import Disturbance, Feature, Fidelity, Workload, at_least, behaviour, eventually, gang, throughout
from conformance.kube.api import Object
from conformance.model.promise import Team
from conformance.platform import Platform, Submitted
from conformance.suites.scheduling.nodes import gpus_of, occupy

JOB = "batch.volcano.sh/v1alpha1/Job"
ONLY_VOLCANO = [Feature.GANG_SCHEDULING, Feature.JOB_RESTART_POLICY]


@behaviour(requirement="gang_scheduling", needs=ONLY_VOLCANO, fidelity=Fidelity.CONTROL_PLANE,
           promise="starts_as_gang", where=lambda team: bool(team.starts_as_gang),
           catches={"everyone-needed": "pods are enough"}, disturbs=[Disturbance.NODES])
def test_a_gang_starts_with_no_more_pods_than_it_calls_enough(platform: Platform, team: Team) -> None:
    """A Job that calls fewer pods enough than it has starts with those: its gang is minAvailable, not replicas.

    A training of three that says that two are enough runs as two, and its third rank is waited for.
    """
    _, free, *others = platform.nodes_of(team, at_least=2)
    size = gpus_of(free)
    occupy(platform, others, gpus=size)
    work = platform.submit(gang(pods=3, gpus_per_pod=size, min_pods=2), named="enough")
    eventually(work.running, becomes=2, because=f"Job {work.name}: 2 of its 3 pods are enough, and 2 nodes are free")
    throughout(work.running, stays=2, because=f"Job {work.name}: its third pod has no node, and the others run on")


@behaviour(requirement="pytorch_training", needs=ONLY_VOLCANO, fidelity=Fidelity.NODE,
           catches={"job-plugins-stripped": "without the pytorch plugin"}, disturbs=[])
def test_a_master_is_named_by_the_plugin_alone(platform: Platform) -> None:
    """The pods of a Job are told their master where the Job lists the pytorch plugin; without it the name is not set.

    An undefined $(MASTER_ADDR) is no error: it stays in the command as it is, and the rendezvous fails on it.
    """
    says = Workload(pods=1, gpus_per_pod=1, on_real_node=True, command=("echo", "meet at $(MASTER_ADDR)"))
    told = platform.submit(says, named="told", change=_with_pytorch_plugin)
    plain = platform.submit(says, named="plain")
    for each in (told, plain):
        eventually(each.phases, becomes=Counter(Succeeded=1), because=f"Job {each.name} says whom it meets")
    eventually(lambda: {each.name: _log(platform, each) for each in (told, plain)},
               becomes={told.name: f"meet at {told.name}-worker-0.{told.name}", plain.name: "meet at $(MASTER_ADDR)"},
               because="what the pods of a Job with and of one without the pytorch plugin say")


@behaviour(requirement="pytorch_training", needs=ONLY_VOLCANO, fidelity=Fidelity.NODE,
           catches={"restart-policy-stripped": "whose programs have ended"}, disturbs=[])
def test_a_job_completes_unless_its_pods_start_again_for_ever(platform: Platform) -> None:
    """A Job whose programs have ended is completed; one that names no restartPolicy is not, its programs start again.

    Kubernetes restarts by default: a training that is done then begins anew, on GPUs that others wait for.
    """
    ends = Workload(pods=1, gpus_per_pod=1, on_real_node=True, command=("true",))
    once = platform.submit(ends, named="once")
    again = platform.submit(ends, named="again", change=_without_restart_policy)
    eventually(lambda: _state(platform, once), becomes="Completed",
               because=f"state of Job {once.name}, whose programs have ended")
    eventually(lambda: sum(status["restartCount"] for pod in again.pod_list()
                           for status in pod["status"].get("containerStatuses", [])), becomes=at_least(1),
               because=f"how often the program of Job {again.name}, which names no restartPolicy, was started again")
    throughout(lambda: _state(platform, again), stays="Running", because=f"state of Job {again.name}")


def _with_pytorch_plugin(job: Object) -> None:
    job["spec"]["plugins"] = {"pytorch": ["--master=worker"]}


def _without_restart_policy(job: Object) -> None:
    del job["spec"]["tasks"][0]["template"]["spec"]["restartPolicy"]


def _state(platform: Platform, work: Submitted) -> str:
    found = platform.api.read(JOB, work.name, work.team.namespace) or {}
    return str(found.get("status", {}).get("state", {}).get("phase", "none"))


def _log(platform: Platform, work: Submitted) -> str:
    (pod,) = work.pod_list()
    return platform.api.logs(pod["metadata"]["name"], work.team.namespace).strip()
