"""Training that may run with fewer or more processes than it was started with."""

from conformance import Feature, Fidelity, behaviour, eventually, gang, throughout
from conformance.kube.api import Object
from conformance.platform import Platform

PYTORCH_JOB = "kubeflow.org/v1/PyTorchJob"
AUTOSCALER = "autoscaling/v2/HorizontalPodAutoscaler"
PORT = "23456"
MEETING = ("PET_RDZV_ENDPOINT", "PET_NNODES", "MASTER_ADDR")


@behaviour(requirement="elastic_training", needs=[Feature.ELASTIC_TRAINING], fidelity=Fidelity.CONTROL_PLANE,
           catches={"meets-itself": "told of their meeting", "elastic-bounds-closed": "told of their meeting"},
           disturbs=[])
def test_an_elastic_job_meets_at_its_first_worker(platform: Platform) -> None:
    """The processes of an elastic PyTorchJob meet at worker 0, a master or not, and are told its bounds as written.

    With a master they are told two places to meet, and the bounds count a pod that no autoscaler scales.
    """
    workers = platform.submit(gang(pods=2, gpus_per_pod=1), named="workers", change=_of_equals)
    mixed = platform.submit(gang(pods=2, gpus_per_pod=1), named="mixed", change=_with_bounds)
    for each in (workers, mixed):
        each.await_running(because=f"elastic PyTorchJob {each.name} runs its 2 processes")
    told = {"PET_RDZV_ENDPOINT": f"{workers.name}-worker-0:{PORT}", "PET_NNODES": "1:4"}
    told_both = {"PET_RDZV_ENDPOINT": f"{mixed.name}-worker-0:{PORT}", "PET_NNODES": "1:4",
                 "MASTER_ADDR": f"{mixed.name}-master-0"}
    eventually(lambda: [[_told(pod) for pod in each.pod_list()] for each in (workers, mixed)],
               becomes=[[told, told], [told_both, told_both]],
               because=f"what the processes of PyTorchJobs {workers.name} and {mixed.name} are told of their meeting")


@behaviour(requirement="elastic_training", needs=[Feature.ELASTIC_TRAINING], fidelity=Fidelity.CONTROL_PLANE,
           catches={"elastic-metrics-added": "which names no metrics",
                    "two-workers-at-most": "which was scaled from"}, disturbs=[])
def test_an_elastic_job_without_metrics_is_scaled_by_hand_alone(platform: Platform) -> None:
    """An elastic PyTorchJob that names no metrics has no autoscaler, and has the processes that it is scaled to.

    Bounds are no wish: whoever writes them and waits for the job to grow waits for ever.
    """
    work = platform.submit(gang(pods=2, gpus_per_pod=1), named="by-hand", change=_of_equals)
    work.await_running(because=f"elastic PyTorchJob {work.name} runs its 2 processes")
    throughout(lambda: platform.api.read(AUTOSCALER, work.name, work.team.namespace), stays=None, during=1,
               because=f"HorizontalPodAutoscaler of PyTorchJob {work.name}, which names no metrics")
    platform.api.patch(PYTORCH_JOB, work.name, {"spec": {"replicas": 3}}, work.team.namespace, "scale")
    eventually(work.running, becomes=3, because=f"processes of PyTorchJob {work.name}, which was scaled from 2 to 3")


def _with_bounds(job: Object) -> None:
    job["spec"]["elasticPolicy"] = {"minReplicas": 1, "maxReplicas": 4}


def _of_equals(job: Object) -> None:
    """Make a job elastic and its master one of its workers."""
    _with_bounds(job)
    replicas = job["spec"]["pytorchReplicaSpecs"]
    replicas["Worker"]["replicas"] += replicas.pop("Master")["replicas"]


def _told(pod: Object) -> dict[str, str]:
    """Return what a process is told of where to meet."""
    return {entry["name"]: entry["value"] for entry in pod["spec"]["containers"][0].get("env", [])
            if entry["name"] in MEETING}
