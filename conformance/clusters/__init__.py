"""Grounds to stand on: one module for each way to get a cluster."""

import importlib
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from conformance.errors import UsageError
from conformance.model.fidelity import Fidelity
from conformance.model.node_size import NodeSize

if TYPE_CHECKING:
    from conformance.kube.api import Api
    from conformance.model.address import Address
    from conformance.model.permit import Permit

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to get a cluster: everything that differs between the ways is behind its module."""

    name: str
    what: str
    """For people."""
    ours: bool
    """Whether Seatrial makes them, may break them and takes them down; its module is a `Maker` then."""

    @property
    def module(self) -> Any:
        """The module; it is slow to import, and others do without."""
        return importlib.import_module(f"conformance.clusters.{self.name}")

    @property
    def maker(self) -> "Maker":
        """The module of a kind that is ours. Raises UsageError for another."""
        if not self.ours:
            raise UsageError(f"clusters of kind {self.name} are not made by Seatrial",
                             f"use one of: {', '.join(OURS)}")
        found: Maker = self.module
        return found


KINDS = {kind.name: kind for kind in (
    Kind(name="local", what="nodes of Linux namespaces, on this machine", ours=True),
    Kind(name="kind", what="nodes of a Docker engine's containers", ours=True),
    Kind(name="existing", what="somebody's cluster, behind a kubeconfig", ours=False),
)}
OURS = tuple(kind.name for kind in KINDS.values() if kind.ours)


def kind_of(name: str) -> Kind:
    """Return a kind of cluster by its name. Raises UsageError."""
    if name not in KINDS:
        raise UsageError(f"there is no kind of cluster {name!r}", f"known: {', '.join(KINDS)}")
    return KINDS[name]


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

    def address_of(self, namespace: str, service: str, port: int) -> "AbstractContextManager[Address]":
        """Yield where this process reaches a Service, whatever node its pods are on, as long as the body runs.

        Every new connection goes to a pod behind it that is ready then. Raises SeatrialError on entering where there is
        no such Service, it has no such TCP port, or nobody behind it is ready.
        """

    def describe(self) -> dict[str, str]:
        """Return what a report says about it."""

    def collect(self, folder: Path) -> None:
        """Write into a folder what tells why something went wrong: events, logs; what is not to be had is listed."""

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


class Maker(Protocol):
    """What the module of a kind that is ours can do. All of it raises SeatrialError when the machine cannot."""

    def up(self, name: str = ..., *, real_nodes: int = ..., gpus_per_node: int = ..., profile: str | None = ...,
           node_size: NodeSize | None = ..., owned: bool = ..., diagnostics: Path | None = ..., say: Say = ...,
           ) -> Cluster:
        """Bring a cluster up; an owned one goes with this process. Raises UsageError when the name is taken.

        `node_size` is what each real node claims to have, None for what the profile says, or the machine has.
        Of one that does not come up `diagnostics` is the folder that gets what tells why.
        """

    def attach(self, name: str) -> Cluster:
        """Return a cluster that is up. Raises UsageError when there is none of that name."""

    def down(self, name: str) -> list[str]:
        """Take a cluster down and return what was there of it, in words; nothing is fine."""

    def down_all(self) -> list[str]:
        """Take every cluster of the kind down, also what crashes left; return their names."""

    def status(self) -> list[dict[str, Any]]:
        """Return every recorded cluster with its state."""

    def programs(self) -> tuple[str, ...]:
        """Return the builds that `up` takes, by name; none where `up` builds or fetches what it needs by itself."""

    def missing(self) -> list[tuple[str, str]]:
        """Return (what this machine lacks, the command that mends it) for each lack."""

    def container_runtime(self) -> str:
        """Return what would run the containers of nodes that are made here, in words."""


def open_cluster(kind: str, *, name: str, kubeconfig: Path | None = None, context: str | None = None,
                 nodes_profile: str | None = None, real_nodes: int = 1, keep: bool = False,
                 diagnostics: Path | None = None, say: Say,
                 ) -> tuple[Cluster, bool]:
    """Return a cluster, and whether it was brought up by this call (then the caller closes it).

    One of ours of that name which is already up is used as it is. One that is brought up goes with this
    process unless it is to be kept. `say` hears what is being done.
    Raises UsageError for an unknown kind or an unusable kubeconfig, SeatrialError when the machine cannot.
    """
    if not kind_of(kind).ours:
        return attach(kind, name=name, kubeconfig=kubeconfig, context=context), False
    maker = kind_of(kind).maker
    try:
        return maker.attach(name), False
    except UsageError:
        return maker.up(name, real_nodes=real_nodes, profile=nodes_profile, owned=not keep, diagnostics=diagnostics,
                        say=say), True


def attach(kind: str, *, name: str, kubeconfig: Path | None = None, context: str | None = None) -> Cluster:
    """Return a cluster that is already up. Raises UsageError when there is none such."""
    if kind_of(kind).ours:
        return kind_of(kind).maker.attach(name)
    found: Cluster = kind_of(kind).module.attach(kubeconfig, context)
    return found
