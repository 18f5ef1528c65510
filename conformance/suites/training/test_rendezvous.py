"""How the processes of a training meet: by name, over the network, and where the elastic ones are sent."""

from conformance import Feature, Fidelity, Workload, behaviour, eventually, gang
from conformance.objects import Object
from conformance.platform import Platform, Submitted

PORT = "23456"

# Rank 0 answers whoever connects, the others try until they are answered: what a rendezvous needs of the network.
MEET = r"""
if [ "$RANK" = 0 ]; then
  echo "MET=itself"
  while true; do echo "rank 0 of $WORLD_SIZE" | nc -l -p "$MASTER_PORT" 2>/dev/null; done
fi
until answer=$(nc -w 2 "$MASTER_ADDR" "$MASTER_PORT" </dev/null) && [ -n "$answer" ]; do sleep 0.2; done
echo "MET=$answer"
exec sleep 86400
"""


@behaviour(requirement="pytorch_training", needs=[Feature.PYTORCH_TRAINING], fidelity=Fidelity.NODE,
           catches=["pytorch-services-forbidden", "cluster-dns-down", "init-image-missing"])
def test_every_process_reaches_the_master_that_it_was_told(platform: Platform) -> None:
    """Each worker of a PyTorchJob connects to its master by the name and port in its environment.

    A rendezvous that fails keeps every GPU of the job busy with waiting until somebody reads the logs.
    """
    work = platform.submit(Workload(pods=3, gpus_per_pod=1, on_real_node=True, command=("sh", "-c", MEET)),
                           named="meets")
    work.await_running(because=f"PyTorchJob {work.name} runs its 3 processes")
    eventually(lambda: sorted(_met(platform, work, pod) for pod in work.pod_list()),
               becomes=["itself", "rank 0 of 3", "rank 0 of 3"],
               because=f"whom each process of PyTorchJob {work.name} met")


@behaviour(requirement="elastic_training", needs=[Feature.ELASTIC_TRAINING], fidelity=Fidelity.CONTROL_PLANE,
           catches=["training-operator-down"])
def test_an_elastic_job_meets_at_its_first_worker(platform: Platform) -> None:
    """The processes of an elastic PyTorchJob meet at worker 0, a master or not, and are told its bounds as written.

    With a master they are told two places to meet, and the bounds count pods that the autoscaler does not scale.
    """
    workers = platform.submit(gang(pods=2, gpus_per_pod=1), named="workers", change=_elastic_without_master)
    mixed = platform.submit(gang(pods=2, gpus_per_pod=1), named="mixed", change=_elastic)
    for each in (workers, mixed):
        each.await_running(because=f"elastic PyTorchJob {each.name} runs its 2 processes")
    told = {"PET_RDZV_ENDPOINT": f"{workers.name}-worker-0:{PORT}", "PET_NNODES": "1:4"}
    told_both = {"PET_RDZV_ENDPOINT": f"{mixed.name}-worker-0:{PORT}", "PET_NNODES": "1:4",
                 "MASTER_ADDR": f"{mixed.name}-master-0"}
    eventually(lambda: [[_told(pod) for pod in each.pod_list()] for each in (workers, mixed)],
               becomes=[[told, told], [told_both, told_both]],
               because=f"what the processes of PyTorchJobs {workers.name} and {mixed.name} are told of their meeting")


def _elastic(job: Object) -> None:
    job["spec"]["elasticPolicy"] = {"minReplicas": 1, "maxReplicas": 4}


def _elastic_without_master(job: Object) -> None:
    _elastic(job)
    replicas = job["spec"]["pytorchReplicaSpecs"]
    replicas["Worker"]["replicas"] += replicas.pop("Master")["replicas"]


def _told(pod: Object) -> dict[str, str]:
    """Return what a process is told of where to meet."""
    return {entry["name"]: entry["value"] for entry in pod["spec"]["containers"][0].get("env", [])
            if entry["name"] in ("PET_RDZV_ENDPOINT", "PET_NNODES", "MASTER_ADDR")}


def _met(platform: Platform, work: Submitted, pod: Object) -> str:
    """Return whom a process met, as it says itself; nothing as long as it met nobody."""
    log = platform.api.logs(pod["metadata"]["name"], work.team.namespace, "pytorch")
    return next((line.removeprefix("MET=") for line in log.splitlines() if line.startswith("MET=")), "")
