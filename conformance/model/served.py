"""A model behind an address, before anything is said of how a product would serve it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Probe:
    """An HTTP GET by which a kubelet tells how a container fares."""

    path: str = "/health"
    period_s: int = 1
    failures: int = 3
    """How many in a row are a verdict."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """Replicas of a model server that take requests at one address."""

    model: str
    """What callers name."""
    replicas: int = 1
    gpus_per_replica: int = 0
    port: int = 8000
    load_s: int = 0
    """How long a replica takes to load the model; only a stand-in takes that long to the second."""
    readiness: Probe | None = field(default_factory=Probe)
    """None: a replica takes requests as soon as its server runs."""
    liveness: Probe | None = None
    image: str = ""
    """Of the model server; empty: a stand-in, which speaks its API."""
    command: tuple[str, ...] = ()
    """Of the model server; nothing: as its image, or the stand-in, is started."""
