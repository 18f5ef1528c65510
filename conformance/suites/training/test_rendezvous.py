"""How the processes of a training meet: by name, over the network."""

from conformance import Feature, Fidelity, Workload, behaviour, eventually
from conformance.kube.api import Object
from conformance.platform import Platform, Submitted

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
           catches={"cluster-dns-down": "wait for their master", "init-image-missing": "wait for their master",
                    "meets-itself": "whom each process"}, disturbs=[])
def test_every_process_reaches_the_master_that_it_was_told(platform: Platform) -> None:
    """Each worker of a PyTorchJob connects to its master by the name and port in its environment.

    A rendezvous that fails keeps every GPU of the job busy with waiting until somebody reads the logs.
    """
    work = platform.submit(Workload(pods=3, gpus_per_pod=1, on_real_node=True, command=("sh", "-c", MEET)),
                           named="meets")
    work.await_running(because=f"PyTorchJob {work.name} runs its 3 processes, of which 2 wait for their master by name")
    eventually(lambda: sorted(_met(platform, work, pod) for pod in work.pod_list()),
               becomes=["itself", "rank 0 of 3", "rank 0 of 3"],
               because=f"whom each process of PyTorchJob {work.name} met")


def _met(platform: Platform, work: Submitted, pod: Object) -> str:
    """Return whom a process met, as it says itself; nothing as long as it met nobody."""
    log = platform.api.logs(pod["metadata"]["name"], work.team.namespace, "pytorch")
    return next((line.removeprefix("MET=") for line in log.splitlines() if line.startswith("MET=")), "")
