"""What a cluster of kind is made of, as plain data. What `down` must find again follows from its name."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from conformance.clusters.kind.docker import Docker
from conformance.clusters.machine.ownership import Owner, check_name, is_gone, name_mark, state_folder
from conformance.errors import UsageError

MOST_NODES = 8
CLUSTER_LABEL = "io.x-k8s.kind.cluster"
"""kind's label on its nodes: the name of their cluster."""


def root() -> Path:
    """Return the folder that holds the state of every cluster of kind that is ours."""
    return state_folder() / "kind"


@dataclass(frozen=True, kw_only=True)
class KindNode:
    """One node, which is a container: what the host holds of it."""

    cluster: str
    number: int
    """From 1; node 1 also holds the control plane."""

    @property
    def name(self) -> str:
        """The node's name in the cluster and in the engine, as kind gives it."""
        if self.number == 1:
            return f"{self.cluster}-control-plane"
        return f"{self.cluster}-worker{self.number - 1 if self.number > 2 else ''}"

    @property
    def folder(self) -> Path:
        """The node's state on the host."""
        return root() / self.cluster / f"node-{self.number}"

    @property
    def device_plugins(self) -> Path:
        """The folder in which the node's kubelet and its device plugins find each other."""
        return self.folder / "device-plugins"

    @property
    def gpus(self) -> Path:
        """The file that says which fake GPUs there are."""
        return self.folder / "gpus.json"


@dataclass(frozen=True, kw_only=True)
class KindSpec:
    """A cluster of kind."""

    name: str
    real_nodes: int = 1
    gpus_per_node: int = 8
    docker_host: str = ""
    """The engine that runs it, as in DOCKER_HOST; empty: the machine's own."""
    node_image: str = ""
    complete: bool = True
    """Whether its `up` came to the end."""
    owner: Owner | None = None
    """The process that it goes with; None: it stays until it is taken down."""

    def __post_init__(self) -> None:
        """Refuse names and sizes that cannot work. Raises UsageError."""
        check_name(self.name)
        if not 1 <= self.real_nodes <= MOST_NODES:
            raise UsageError(f"{self.real_nodes} real nodes cannot be made", f"ask for 1 to {MOST_NODES}")

    @property
    def is_abandoned(self) -> bool:
        """Whether the process that it goes with has ended without taking it down."""
        return is_gone(self.owner)

    @property
    def docker(self) -> Docker:
        """The engine that runs it."""
        return Docker(self.docker_host)

    @property
    def folder(self) -> Path:
        """The cluster's state on the host."""
        return root() / self.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def log(self) -> Path:
        """What kind said."""
        return self.folder / "kind.log"

    @property
    def network(self) -> str:
        """The engine's network that holds the nodes of this cluster and nothing else: it goes with them."""
        return f"{name_mark()}kind-{self.name}"

    @property
    def nodes(self) -> tuple[KindNode, ...]:
        """The real nodes."""
        return tuple(KindNode(cluster=self.name, number=number) for number in range(1, self.real_nodes + 1))

    def node(self, name: str) -> KindNode:
        """Return a real node by its name in the cluster. Raises UsageError."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise UsageError(f"cluster {self.name} has no real node {name}",
                         f"its nodes: {', '.join(node.name for node in self.nodes)}")

    def save(self) -> None:
        """Write the record that `down` starts from."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.folder / "cluster.json.part"
        part.write_text(json.dumps(asdict(self)))
        part.replace(self.folder / "cluster.json")

    @classmethod
    def read(cls, name: str) -> Self | None:
        """Return a recorded cluster, or None when there is none of that name."""
        try:
            said = json.loads((root() / name / "cluster.json").read_text())
            # Another version of Seatrial may have written more than we know.
            known = {key: said[key] for key in cls.__dataclass_fields__ if key in said}
            return cls(**{**known, "owner": tuple(known.get("owner") or ()) or None})
        except (OSError, ValueError, TypeError, UsageError):
            return None
