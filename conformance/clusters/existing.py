"""A cluster that is somebody's: a kubeconfig, nothing made and nothing taken down."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from conformance.errors import SeatrialError, UsageError
from conformance.model.fidelity import Fidelity
from conformance.objects import Api

FAKE_NODE = "kwok.x-k8s.io/node"
REAL_GPU = "nvidia.com/gpu.present"


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
        """What its nodes say: with a fake node it is control-plane, with discovered GPUs hardware."""
        nodes = [node["metadata"] for node in self.api.list("v1/Node")]
        if not nodes or any(FAKE_NODE in (node.get("annotations") or {}) for node in nodes):
            return Fidelity.CONTROL_PLANE
        found = any((node.get("labels") or {}).get(REAL_GPU) == "true" for node in nodes)
        return Fidelity.HARDWARE if found else Fidelity.NODE

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
