"""PyTorchJobs: started whole, each process in its place, and whole again after a failure."""

from conformance import Disturbance, Feature, Fidelity, Workload, behaviour, eventually, job, like, throughout
from conformance.kube.api import Object
from conformance.platform import Platform, Submitted
from conformance.suites.scheduling.demand import most

PYTORCH_JOB = "kubeflow.org/v1/PyTorchJob"
SERVICE = "v1/Service"
AUTOSCALER = "autoscaling/v2/HorizontalPodAutoscaler"
JOB_NAME_LABEL = "training.kubeflow.org/job-name"
KILLED = 137


@behaviour(requirement="pytorch_training", needs=[Feature.PYTORCH_TRAINING], fidelity=Fidelity.CONTROL_PLANE,
           catches={"pytorch-not-managed": "holds no GPU while", "training-gangs-off": "holds no GPU while",
                    "training-operator-down": "starts whole"},
           disturbs=[Disturbance.COHORT])
def test_a_pytorch_job_starts_whole_or_holds_no_accelerator(platform: Platform) -> None:
    """A PyTorchJob runs all its processes, or holds no accelerator while they do not all fit.

    A master that waits for workers without GPUs holds its own GPUs for nothing.
    """
    team = platform.served_team
    size = most(team) or platform.pool_gpus(team)
    first = platform.submit(job(gpus=size - 8, gpus_per_pod=8), named="fits")
    first.await_running(because=f"PyTorchJob {first.name} starts whole: it fits into {platform.queue_of(team)}")
    second = platform.submit(job(gpus=16, gpus_per_pod=8), named="too-much").await_answer()
    throughout(second.gpus_held, stays=0, since=second.submitted_at,
               because=f"PyTorchJob {second.name} holds no GPU while {platform.queue_of(team)} has 8 GPUs left "
                       f"for its {second.workload.gpus}")
    first.delete()
    second.await_running(because=f"PyTorchJob {second.name} starts whole when {first.name} has gone")


@behaviour(requirement="pytorch_training", needs=[Feature.PYTORCH_TRAINING], fidelity=Fidelity.CONTROL_PLANE,
           catches={"pytorch-services-forbidden": "that each headless Service selects"}, disturbs=[])
def test_every_process_can_be_found_by_its_name(platform: Platform) -> None:
    """Each process of a PyTorchJob has a headless Service that selects its pod alone.

    The processes meet at the master's name: without it none of them starts to train.
    """
    work = platform.submit(job(gpus=24, gpus_per_pod=8), named="named")
    pods = [f"{work.name}-{process}" for process in ("master-0", "worker-0", "worker-1")]
    eventually(lambda: _selected_by_headless_services(platform, work),
               becomes={name: [name] for name in pods},
               because=f"PyTorchJob {work.name}: pods that each headless Service selects")


@behaviour(requirement="pytorch_training", needs=[Feature.PYTORCH_TRAINING], fidelity=Fidelity.NODE,
           catches={"trains-alone": "told of its place", "meets-itself": "told of its place"}, disturbs=[])
def test_every_process_knows_its_place(platform: Platform) -> None:
    """The processes of a PyTorchJob agree on their master and on how many they are, and each has a rank of its own.

    Two processes of one rank wait for each other until the timeout, which is half an hour by default.
    """
    work = platform.submit(Workload(pods=3, gpus_per_pod=1, on_real_node=True,
                                    command=("sh", "-c", "env; exec sleep 3600")), named="ranks")
    work.await_running(because=f"PyTorchJob {work.name} runs its 3 processes")
    told = {"MASTER_ADDR": f"{work.name}-master-0", "MASTER_PORT": "23456", "WORLD_SIZE": "3"}
    expected = {name: {**told, "RANK": str(rank)} for rank, name in enumerate(
        [f"{work.name}-master-0", f"{work.name}-worker-0", f"{work.name}-worker-1"])}
    eventually(lambda: _environments(platform, work), becomes=like(expected),
               because=f"PyTorchJob {work.name}: what each process is told of its place")


@behaviour(requirement="pytorch_training", needs=[Feature.PYTORCH_TRAINING], fidelity=Fidelity.CONTROL_PLANE,
           catches={"training-pods-stay": "has a new pod in place of"}, disturbs=[])
def test_a_killed_worker_is_replaced(platform: Platform) -> None:
    """A worker that was killed is started again, and the others keep running.

    A run of weeks must not end with the first bad memory module.
    """
    work = platform.submit(job(gpus=24, gpus_per_pod=8), named="restarts").await_running()
    before = work.uids.now
    lost = work.fail_one("worker-1", exit_code=KILLED)
    eventually(work.uids, becomes=lambda uids: len(uids) == 3 and len(uids & before) == 2,
               because=f"PyTorchJob {work.name} has a new pod in place of {lost}, next to the 2 old ones")
    work.await_running(because=f"PyTorchJob {work.name} runs whole again after {lost} was killed")


@behaviour(requirement="elastic_training", needs=[Feature.ELASTIC_TRAINING], fidelity=Fidelity.CONTROL_PLANE,
           catches={"autoscalers-forbidden": "HorizontalPodAutoscaler of",
                    "elastic-bounds-closed": "HorizontalPodAutoscaler of"}, disturbs=[])
def test_an_elastic_job_is_scaled_between_its_bounds(platform: Platform) -> None:
    """An elastic PyTorchJob with metrics has an autoscaler with its own bounds, which scales that job.

    Without one, bounds are only numbers: nothing ever grows or shrinks.
    """
    work = platform.submit(job(gpus=16, gpus_per_pod=8), named="elastic", change=_make_elastic)
    wanted = {"minReplicas": 1, "maxReplicas": 3,
              "scaleTargetRef": {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "name": work.name}}
    eventually(lambda: (platform.api.read(AUTOSCALER, work.name, work.team.namespace) or {}).get("spec"),
               becomes=like(wanted), because=f"HorizontalPodAutoscaler of PyTorchJob {work.name}")


def _make_elastic(obj: Object) -> None:
    """Turn the master into a worker among equals: an elastic job meets at its first worker."""
    spec = obj["spec"]
    replicas = spec["pytorchReplicaSpecs"]
    replicas["Worker"]["replicas"] += replicas.pop("Master")["replicas"]
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization",
                                                                      "averageUtilization": 80}}}
    spec["elasticPolicy"] = {"minReplicas": 1, "maxReplicas": 3, "metrics": [cpu]}


def _selected_by_headless_services(platform: Platform, work: Submitted) -> dict[str, list[str]]:
    pods = work.pod_list()
    services = platform.api.list(SERVICE, work.team.namespace, labels=f"{JOB_NAME_LABEL}={work.name}")
    return {service["metadata"]["name"]:
            [pod["metadata"]["name"] for pod in pods
             if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()]
            for service in services if service["spec"].get("clusterIP") == "None"}


def _environments(platform: Platform, work: Submitted) -> dict[str, dict[str, str]]:
    """Return what each running process sees in its environment, as it printed it."""
    return {pod["metadata"]["name"]: dict(
        line.split("=", 1) for line in
        platform.api.logs(pod["metadata"]["name"], work.team.namespace, "pytorch").splitlines() if "=" in line)
        for pod in work.pod_list()}
