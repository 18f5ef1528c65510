"""A cluster that is somebody's: a kubeconfig, nothing made and nothing taken down."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from conformance.errors import SeatrialError, UsageError
from conformance.model import names
from conformance.model.fidelity import Fidelity
from conformance.objects import Api, Object

GPUS = (names.GPU_RESOURCE, "nvidia.com/mig-")
"""How the names of resources begin that are GPUs, shares of them or instances on them."""



def fidelity_of(node: Object) -> Fidelity:
    """Return how real a verdict is that stands on a node, as far as the node says."""
    labels, annotations = node["metadata"].get("labels") or {}, node["metadata"].get("annotations") or {}
    if names.KWOK_ANNOTATION in annotations:
        return Fidelity.CONTROL_PLANE
    pretends = names.NODE_LABEL in labels or names.SIMULATED in labels
    return Fidelity.HARDWARE if labels.get(names.GPU_PRESENT) == "true" and not pretends else Fidelity.NODE


def offers_gpus(node: Object) -> bool:
    """Whether a node has GPUs, or instances on one."""
    offered = (node.get("status") or {}).get("allocatable") or {}
    return any(name.startswith(GPUS) for name in offered) or \
        (node["metadata"].get("labels") or {}).get(names.GPU_PRESENT) == "true"


@dataclass(frozen=True)
class ExistingCluster:
    """The cluster behind a kubeconfig."""

    kubeconfig: Path
    kind: str = "existing"

    @property
    def name(self) -> str:
        """The API server's address."""
        return self.api.host

    @cached_property
    def api(self) -> Api:
        """The connection to its API server."""
        return Api.open(self.kubeconfig)

    @cached_property
    def fidelity(self) -> Fidelity:
        """What its nodes with GPUs say: the least real of them."""
        return min((fidelity_of(node) for node in self.api.each("v1/Node") if offers_gpus(node)),
                   default=Fidelity.CONTROL_PLANE)

    def load_images(self, archives: Mapping[str, Path]) -> None:
        """Refuse: its nodes pull their own images. Raises SeatrialError."""
        raise SeatrialError(f"{', '.join(archives)} cannot be loaded into the nodes of {self.name}",
                            "install the components before the run")

    def describe(self) -> dict[str, str]:
        """Return what a report says about the ground."""
        return {"kind": self.kind, "name": self.name, "fidelity": self.fidelity.label,
                "kubernetes": self.api.version()}

    def close(self) -> None:
        """Do nothing: it is not ours to take down."""


def attach(kubeconfig: Path | None) -> ExistingCluster:
    """Return the cluster behind a kubeconfig. Raises UsageError when none is named."""
    if kubeconfig is None:
        raise UsageError("--cluster existing needs a kubeconfig", "name it with --kubeconfig FILE")
    return ExistingCluster(kubeconfig)
