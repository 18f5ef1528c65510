"""Nodes under pressure: those that others use, and those that are lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from conformance import SeatrialError, Unmet, Unsupported
from conformance.components.pods import pod_template
from conformance.kube.api import Object, is_true
from conformance.kube.names import unique
from conformance.kube.timeline import phases
from conformance.model.labels import FAKE, FAKE_TAINT, GPU_RESOURCE, NODE_FAILS, NODE_LABEL, WORKLOAD
from conformance.model.promise import Team
from conformance.model.workload import Workload, gang, job
from conformance.platform import POD, Platform
from conformance.waiting import eventually, patience, preparing, settled_s


@dataclass(frozen=True)
class Occupants:
    """Pods that use GPUs of nodes and belong to no queue: each is bound directly to its node."""

    platform: Platform
    name: str

    def leave(self, nodes: Iterable[Object]) -> None:
        """Let those on some nodes end."""
        for node in nodes:
            self.platform.api.delete(POD, self._on(node), self.platform.home)

    def _on(self, node: Object) -> str:
        return f"{self.name}-{node['metadata']['name']}"


def occupy(platform: Platform, nodes: list[Object], *, gpus: int) -> Occupants:
    """Let others use `gpus` GPUs of each of `nodes` until the behaviour ends, and wait until they do.

    Raises SeatrialError when they cannot.
    """
    namespace = platform.make_home()
    occupants = Occupants(platform, unique("occupant"))
    template = pod_template(occupants.name, platform.placed(Workload(pods=1, gpus_per_pod=gpus)))
    platform.claim(occupants.name, len(nodes), gpus * len(nodes))
    for node in nodes:
        # No scheduler is asked, so none can refuse; all of them have to count these GPUs as used.
        platform.create({"apiVersion": "v1", "kind": "Pod",
                         "metadata": {**template["metadata"], "name": occupants._on(node), "namespace": namespace},
                         "spec": {**template["spec"], "nodeName": node["metadata"]["name"]}})
    running = platform.timeline.pods({WORKLOAD: occupants.name}, lambda pods: phases(pods)["Running"])
    try:
        eventually(running, becomes=len(nodes), within=patience().apply,
                   because=f"pods that use {gpus} GPUs of each of {len(nodes)} nodes")
    except Unmet as unmet:  # that is how the stage is set, not what the platform promises
        raise SeatrialError(unmet.cause, "see who else uses these nodes") from unmet
    return occupants


def in_fragments(platform: Platform, team: Team) -> Workload:
    """Let others use so much of every node that only two can take a pod of a certain gang of three; return the gang.

    There are GPUs enough for it, and its queue has them too: they are only not where they are needed. Proves that a
    pod of that size finds a place, or else no gang could be seen taking one.
    """
    _, _, *others = nodes = platform.nodes_of(team, at_least=3)
    size = gpus_of(nodes[0]) - 2
    occupy(platform, others, gpus=3)
    single = platform.submit(job(gpus=size, gpus_per_pod=size), named="single")
    with preparing(f"{team.name}'s one pod of {size} GPUs"):
        single.await_running(because=f"{single.name} finds a place")
    single.delete()
    return gang(pods=3, gpus_per_pod=size)


def watched_s() -> float:
    """For how long a gang that waits is watched: a scheduler with a period of 1 s is to see it more than twice."""
    return 2 * settled_s()


def gpus_of(node: Object) -> int:
    """Return how many GPUs a node has."""
    return int(node["status"]["allocatable"].get(GPU_RESOURCE, 0))


def lose(platform: Platform, node: str) -> None:
    """Let a fake node fail until the behaviour ends. Raises Unsupported for a node that is real."""
    found = platform.api.read("v1/Node", node)
    if found is None or found["metadata"]["labels"].get(NODE_LABEL) != FAKE:
        raise Unsupported(f"node {node} is real: only a fake node fails on demand")
    platform.at_the_end(partial(_mend, platform, node))
    platform.api.patch("v1/Node", node, {"metadata": {"annotations": {NODE_FAILS: "true"}}})


def _mend(platform: Platform, node: str) -> None:
    platform.api.patch("v1/Node", node, {"metadata": {"annotations": {NODE_FAILS: None}}})
    eventually(partial(_is_sound, platform, node), becomes=True, within=patience().ready,
               because=f"node {node} is ready again")


def _is_sound(platform: Platform, node: str) -> bool:
    found = platform.api.read("v1/Node", node) or {}
    taints = [taint["key"] for taint in found["spec"].get("taints", []) if taint["key"] != FAKE_TAINT]
    return is_true(found, "Ready") and not taints
