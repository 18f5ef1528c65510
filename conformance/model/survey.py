"""What a cluster has, and what can be checked there: the answer of `seatrial survey`."""

from collections.abc import Mapping
from dataclasses import dataclass

SURVEY_VERSION = 1
"""Rises when a field changes its meaning or goes."""


@dataclass(frozen=True, kw_only=True)
class GpuNodes:
    """Nodes whose GPUs are alike."""

    product: str
    """As GPU Feature Discovery says it; empty: nobody says."""
    memory_mib: int | None
    real: bool
    """False: KWOK plays these nodes."""
    nodes: int
    ready: int
    gpus: int | None
    """Physical GPUs of all of them; None where the labels do not say."""
    sharing: str
    """`none`, `time-slicing` or `mps`."""
    replicas: int
    """How many pods share a device."""
    mig: str
    """`none`, or the strategy by which instances are offered: `single` or `mixed`."""
    mig_config: str
    """The layout that MIG Manager was told to make; empty: none was named."""
    devices: Mapping[str, int]
    """What the nodes offer, by name of the resource."""
    in_use: Mapping[str, int]
    """What pods hold of that."""


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """All nodes, and what runs on them."""

    nodes: int
    fake: int
    ready: int
    gpu_nodes: tuple[GpuNodes, ...]
    dra_drivers: tuple[str, ...]
    """Drivers that offer devices by Dynamic Resource Allocation."""
    pods: int | None
    """None: they may not be read, so nobody knows what is in use."""
    gpu_pods: int
    """Pods on a node that hold GPUs."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A queue for GPUs: a ClusterQueue of Kueue or a Queue of Volcano. GPUs are whole devices."""

    kind: str
    name: str
    cohort: str
    guaranteed_gpus: int | None
    may_borrow_gpus: int | None
    """None: there is no limit, or nobody says."""
    lends_gpus: int | None
    gpus_in_use: int
    doors: tuple[str, ...]
    """LocalQueues that lead to it, as `namespace/name`."""


@dataclass(frozen=True, kw_only=True)
class Present:
    """A component, gateway, metric API or admission rule that is there."""

    name: str
    version: str = ""
    about: str = ""
    """What else there is to say, for people."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """What could not be read, and therefore is not in the survey."""

    what: str
    """Verb and resource, for example `list nodes`."""
    why: str
    way_out: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """A behaviour for one subject: can it be checked there?"""

    id: str
    """Behaviour and subject, as in a report."""
    promise: str
    """The behaviour's first docstring line."""
    requirement: str
    subject: str
    """The team or the component."""
    fidelity: str | None
    """How real a verdict would be; None: it cannot be checked there."""
    allowed_by: tuple[str, ...] = ()
    """Options of `seatrial run` that it takes."""
    missing: str = ""
    """Why it cannot be checked."""
    supplied_by: str = ""
    """What would supply that."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One look at a cluster."""

    server: str
    context: str
    kubernetes: str
    fidelity: str
    """How real a verdict can be there at best."""
    nodes: Nodes
    components: tuple[Present, ...]
    queues: tuple[Queue, ...]
    apis: tuple[Present, ...]
    gateways: tuple[Present, ...]
    metrics: tuple[Present, ...]
    admission: tuple[Present, ...]
    platform: str
    """Whose promises `checks` are about: a platform folder, or drafts from the cluster's own queues."""
    drafted: bool
    """True: nobody has confirmed these promises."""
    checks: tuple[Check, ...]
    unread: tuple[Unread, ...]
    version: int = SURVEY_VERSION
