"""Devices on a real node: each given to one container, and none that is sick."""

from conformance import Disturbance, Feature, Fidelity, Unsupported, Workload, behaviour, eventually, throughout
from conformance.model.labels import GPU_COUNT, GPU_RESOURCE, NODE_LABEL, REAL
from conformance.platform import Platform, Submitted

NODE = "v1/Node"
TELL = ("sh", "-c", 'echo "$NVIDIA_VISIBLE_DEVICES"; exec sleep 86400')


def _real_node(platform: Platform) -> str:
    """Return the name of a real node with fake GPUs. Raises Unsupported when there is none."""
    nodes = [node["metadata"]["name"] for node in platform.api.list(NODE, labels=f"{NODE_LABEL}={REAL}")
             if GPU_RESOURCE in node["status"]["allocatable"]]
    if not nodes:
        raise Unsupported("no real node has fake GPUs")
    return str(min(nodes))


def _count(platform: Platform, node: str) -> int:
    """Return how many GPUs a node has, as its labels say: the device plugin may say something else."""
    return int((platform.api.read(NODE, node) or {})["metadata"]["labels"][GPU_COUNT])


def _gpus(platform: Platform, node: str, pods: int, gpus: int, named: str) -> Submitted:
    return platform.submit(Workload(pods=pods, gpus_per_pod=gpus, on_real_node=True, node=node, command=TELL),
                           team=platform.nobody, named=named)


def _visible(platform: Platform, submitted: Submitted) -> list[list[str]]:
    """Return the devices that each pod sees, as it says itself."""
    return [platform.api.logs(pod["metadata"]["name"], submitted.team.namespace).strip().split(",")
            for pod in submitted.pod_list()]


@behaviour(requirement="fake_gpu", needs=[Feature.FAKE_GPU], fidelity=Fidelity.NODE,
           catches={"gpus-time-sliced": "to one container"}, disturbs=[Disturbance.NODES])
def test_every_gpu_is_given_to_one_container(platform: Platform) -> None:
    """A container sees as many GPUs as it asked for, no two see the same one, and what is taken is not given again.

    Two trainings on one GPU run out of memory, and each blames its own batch size.
    """
    node = _real_node(platform)
    there_are = _count(platform, node)
    half = there_are // 2
    work = _gpus(platform, node, 2, half, "halves").await_running(because=f"{node} gives {half} GPUs to each of 2 pods")
    eventually(lambda: ([len(seen) for seen in _visible(platform, work)], len(set().union(*_visible(platform, work)))),
               becomes=([half, half], 2 * half),
               because=f"GPUs on {node} that each of 2 pods sees, and different ones among them: each is given to one "
                       "container")
    one_more = _gpus(platform, node, 1, 1 + there_are % 2, "one-more").await_answer()
    throughout(one_more.gpus_held, stays=0, since=one_more.submitted_at,
               because=f"{node} has given away its {there_are} GPUs, each to one container, and has none left")


@behaviour(requirement="fake_gpu", needs=[Feature.FAKE_GPU], fidelity=Fidelity.NODE,
           catches={"gpu-plugin-hangs": "is unhealthy"}, disturbs=[Disturbance.NODES])
def test_an_unhealthy_gpu_is_not_given_out(platform: Platform) -> None:
    """A GPU that is unhealthy is no longer offered, and no container sees it.

    A job that lands on a broken GPU fails every time it is tried again.
    """
    node = _real_node(platform)
    sick = platform.sick_gpu(node)
    sound = set(platform.gpus(node)) - {sick}
    eventually(lambda: (platform.api.read(NODE, node) or {})["status"]["allocatable"][GPU_RESOURCE],
               becomes=str(len(sound)), because=f"GPUs that {node} offers while {sick} is unhealthy")
    work = _gpus(platform, node, 1, len(sound), "all-sound").await_running(
        because=f"{node} gives its sound GPUs to a pod")
    eventually(lambda: {gpu for seen in _visible(platform, work) for gpu in seen}, becomes=sound,
               because=f"GPUs that a pod on {node} sees while {sick} is unhealthy")
    one_more = _gpus(platform, node, 1, 1, "one-more").await_answer()
    throughout(one_more.gpus_held, stays=0, since=one_more.submitted_at,
               because=f"{node} has given away all its {len(sound)} sound GPUs")
