"""Work as a user thinks of it, before a component dresses it for its product."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where pods may run on nodes that are not ours, and as what."""

    node_selector: tuple[tuple[str, str], ...] = ()
    """Labels of the nodes; none: any node that has what they ask for."""
    priority_class: str = ""
    image: str = ""
    """What they run; empty: the image that fake nodes and nodes of ours know."""
    ends_after_s: int | None = None
    """When a kubelet ends them, whoever forgot them."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Pods that belong together.

    `gang` asks that they start together or not at all; `one_of` that all of them
    land in one topology domain ("rack", "zone").
    """

    pods: int
    gpus_per_pod: int
    gang: bool = False
    min_pods: int | None = None
    """With `gang`: how many pods are enough to start; None means all of them."""
    priority: int = 0
    one_of: str | None = None
    image: str | None = None
    """None: the pods need no program (fake nodes)."""
    command: tuple[str, ...] = ()
    on_real_node: bool = False
    node: str | None = None
    """The one node that its pods are for; None: whichever has what they ask for."""
    restart_job_on_eviction: bool = False
    leaves_lost_node_after_s: int | None = None
    """How long its pods stay bound to a node that is not ready; None: as the cluster says, usually 300 s."""
    placement: Placement | None = None
    """None: on fake nodes of ours, or on our real ones."""
    priority_class: str | None = None
    """What its priority is called; None: a name of its own."""

    @property
    def gpus(self) -> int:
        """GPUs of all pods together."""
        return self.pods * self.gpus_per_pod


def job(*, gpus: int, gpus_per_pod: int = 0, priority: int = 0) -> Workload:
    """A job of `gpus` GPUs, split evenly over pods of at most `gpus_per_pod` (default: 8, or one pod)."""
    size = gpus_per_pod or (8 if gpus % 8 == 0 else gpus)
    if gpus % size:
        raise ValueError(f"{gpus} GPUs cannot be split evenly over pods of {size}")
    return Workload(pods=gpus // size, gpus_per_pod=size, priority=priority)


def gang(*, pods: int, gpus_per_pod: int = 8, min_pods: int | None = None, one_of: str | None = None,
         restart_job_on_eviction: bool = False, leaves_lost_node_after_s: int | None = None) -> Workload:
    """Pods that start together or not at all."""
    return Workload(pods=pods, gpus_per_pod=gpus_per_pod, gang=True, min_pods=min_pods, one_of=one_of,
                    restart_job_on_eviction=restart_job_on_eviction,
                    leaves_lost_node_after_s=leaves_lost_node_after_s)
