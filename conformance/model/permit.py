"""What the owner of a cluster that is not ours allows us to do there."""

from dataclasses import dataclass, field
from enum import StrEnum

from conformance.model.workload import Placement


class Disturbance(StrEnum):
    """What a behaviour does to others who use the same cluster."""

    COHORT = "cohort"
    """It fills queues: others' work waits for its GPUs, and what they borrowed is taken from them."""
    NODES = "nodes"
    """It uses up nodes past all queues, or lets them fail."""
    PLATFORM = "platform"
    """It changes the configuration of the platform, for everybody."""

    @property
    def deed(self) -> str:
        """What is done, as a sentence about a behaviour."""
        return {
            "cohort": "it asks for all that a queue and those who share with it may hold, so that others' work waits "
                      "or gives way",
            "nodes": "it uses up nodes past all queues, or lets them fail",
            "platform": "it changes the platform for everybody",
        }[self.value]


@dataclass(frozen=True, kw_only=True)
class Permit:
    """The bounds of a run on a cluster that is not ours. Everything that is made lies in namespaces with the prefix."""

    prefix: str
    max_gpus: int = 8
    """GPUs that the work of a run may ask for at any one time."""
    max_pods: int = 50
    max_seconds: int = 1800
    """When nothing more is created, counted from the start of the run."""
    may_disturb: frozenset[Disturbance] = frozenset()
    cluster_objects: frozenset[str] = frozenset()
    """Objects without a namespace that may be made, as `Kind/name`."""
    placement: Placement = field(default_factory=Placement)
    """Where its pods may run, and as what."""

    def namespace(self, name: str) -> str:
        """Return the namespace that stands for one of the owner's: itself where it already has the prefix."""
        return name if name.startswith(self.prefix) else f"{self.prefix}{name}"

    @property
    def mark(self) -> str:
        """The label's value that everything bears which is made under this permit."""
        return self.prefix.removesuffix("-")

    @property
    def home(self) -> str:
        """The namespace of what belongs to no team."""
        return self.namespace("system")

    @property
    def strangers(self) -> str:
        """The namespace of those who are nobody's team."""
        return self.namespace("stranger")
