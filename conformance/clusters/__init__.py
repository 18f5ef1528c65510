"""Grounds to stand on: one module for each way to get a cluster."""

import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from conformance.errors import UsageError
from conformance.model.fidelity import Fidelity

if TYPE_CHECKING:
    from conformance.model.permit import Permit
    from conformance.objects import Api

KINDS = ("local", "existing")

Say = Callable[[str], None]


class Cluster(Protocol):
    """What the harness needs of a ground."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""

    @property
    def name(self) -> str:
        """The name that it was asked for by, or its address."""

    @property
    def fidelity(self) -> Fidelity:
        """How real it is at best."""

    @property
    def kubeconfig(self) -> Path:
        """A file that opens it."""

    @property
    def api(self) -> "Api":
        """A connection to its API server."""

    def load_images(self, archives: Mapping[str, Path]) -> None:
        """Load OCI archives into every real node, under the names that they carry."""

    def describe(self) -> dict[str, str]:
        """Return what a report says about it."""

    def close(self) -> None:
        """Take it down, where that is ours to do."""


@runtime_checkable
class FakeGpus(Protocol):
    """A cluster whose real nodes have fake GPUs that a test may change."""

    def gpus(self, node: str) -> list[str]:
        """Return the ids of a real node's GPUs."""

    def set_gpus(self, node: str, ids: Sequence[str]) -> None:
        """Give a real node other GPUs, all healthy."""

    def set_gpu_health(self, node: str, device: str, *, healthy: bool) -> None:
        """Make a GPU of a real node healthy or not."""

    def signal_gpu_plugin(self, node: str, number: signal.Signals) -> None:
        """Send a signal to the GPU plugin of a real node."""


@runtime_checkable
class Lent(Protocol):
    """A cluster that is somebody's, and what may be done there."""

    @property
    def permit(self) -> "Permit | None":
        """What its owner allows; None: it is only read."""

    @property
    def node_labels(self) -> str:
        """The label selector of the nodes on which our pods may run."""

    @property
    def unfenced(self) -> "Api":
        """A connection that is not held to the permit: for what was allowed by another name."""

    def take(self, pods: int, gpus: int) -> None:
        """Count work that is about to be submitted. Raises Disabled when it would be too much at once."""

    def give_back(self, pods: int, gpus: int) -> None:
        """Count work that is gone."""


def open_cluster(kind: str, *, name: str, kubeconfig: Path | None = None, context: str | None = None,
                 nodes_profile: str | None = None, real_nodes: int = 1, keep: bool = False, say: Say,
                 ) -> tuple[Cluster, bool]:
    """Return a cluster, and whether it was brought up by this call (then the caller closes it).

    A local cluster of that name which is already up is used as it is. One that is brought up goes with this
    process unless it is to be kept. `say` hears what is being done.
    Raises UsageError for an unknown kind or an unusable kubeconfig, SeatrialError when the machine cannot.
    """
    if kind == "local":
        from conformance.clusters import local  # noqa: PLC0415 (its imports are slow and others do without)

        try:
            return local.attach(name), False
        except UsageError:
            return local.up(name, real_nodes=real_nodes, profile=nodes_profile, owned=not keep,
                            say=say), True
    return attach(kind, name=name, kubeconfig=kubeconfig, context=context), False


def attach(kind: str, *, name: str, kubeconfig: Path | None = None, context: str | None = None) -> Cluster:
    """Return a cluster that is already up. Raises UsageError when there is none such."""
    if kind == "local":
        from conformance.clusters import local  # noqa: PLC0415

        return local.attach(name)
    if kind == "existing":
        from conformance.clusters import existing  # noqa: PLC0415

        return existing.attach(kubeconfig, context)
    raise UsageError(f"there is no kind of cluster {kind!r}", f"known: {', '.join(KINDS)}")
