"""What a local cluster is made of, as plain data: names, addresses, folders.

Everything that `down` must find again after a crash follows from a cluster's name and number.
"""

import json
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Self

from conformance.clusters.machine.ownership import Owner, check_name, is_gone, name_mark, state_folder
from conformance.errors import UsageError
from conformance.model.node_size import NodeSize

LINK_PREFIX = "seatrial"
MOST_CLUSTERS = 32
MOST_NODES = 8
API_PORT = 6443
KWOK_PORT = 10247


def state_root() -> Path:
    """Return the folder that holds every local cluster's state."""
    return state_folder() / "clusters"


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """One real node: a set of namespaces with its own address, folders and cgroup."""

    cluster: str
    number: int
    """From 1; node 1 also holds the control plane."""
    address: str
    pod_cidr: str
    gpus: int
    size: NodeSize | None = None
    """What it claims to have; None: what the machine has."""

    @property
    def name(self) -> str:
        """The node's name in the cluster."""
        return f"node-{self.number}"

    @property
    def folder(self) -> Path:
        """The node's state on the host."""
        return state_root() / self.cluster / self.name

    @property
    def cgroup(self) -> str:
        """The node's cgroup, under the root of each hierarchy."""
        return f"{name_mark()}{self.cluster}-{self.number}"

    @property
    def has_control_plane(self) -> bool:
        """Whether etcd, the API server, the schedulers and KWOK run here."""
        return self.number == 1


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """A local cluster. `number` picks its addresses, so that clusters live side by side."""

    name: str
    number: int
    real_nodes: int = 1
    gpus_per_node: int = 8
    node_size: NodeSize | None = None
    """What each node claims to have; None: what the machine has."""
    containerd: str = ""
    """The version of its nodes' containerd; empty: another Seatrial made it, and did not say."""
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
    def folder(self) -> Path:
        """The cluster's state on the host."""
        return state_root() / self.name

    @property
    def network(self) -> IPv4Network:
        """The bridge's network: the host is .1, the nodes follow."""
        return IPv4Network(f"10.120.{self.number}.0/24")

    @property
    def gateway(self) -> str:
        """The host's address on the bridge."""
        return str(self.network[1])

    @property
    def pod_cidr(self) -> str:
        """Addresses of all pods of real nodes."""
        return f"10.{128 + self.number}.0.0/17"

    @property
    def fake_pod_cidr(self) -> str:
        """Addresses that KWOK hands to pods of fake nodes: nothing answers there."""
        return f"10.{128 + self.number}.128.0/17"

    @property
    def service_cidr(self) -> str:
        """Addresses of Services."""
        return f"10.{160 + self.number}.0.0/16"

    def service_address(self, index: int) -> str:
        """Return the n-th Service address: 1 is the API server, 10 the DNS."""
        return str(IPv4Network(self.service_cidr)[index])

    @property
    def bridge(self) -> str:
        """The bridge's name on the host."""
        return f"{LINK_PREFIX}{self.number}"

    def veth(self, node: NodeSpec) -> str:
        """Return the name of the host's end of a node's link."""
        return f"{LINK_PREFIX}{self.number}n{node.number}"

    @property
    def nodes(self) -> tuple[NodeSpec, ...]:
        """The real nodes."""
        return tuple(
            NodeSpec(cluster=self.name, number=n, address=str(self.network[1 + n]),
                     pod_cidr=f"10.{128 + self.number}.{n}.0/24", gpus=self.gpus_per_node, size=self.node_size)
            for n in range(1, self.real_nodes + 1))

    @property
    def server(self) -> str:
        """The API server's URL, the same from the host and from every node."""
        return f"https://{self.nodes[0].address}:{API_PORT}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

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
            said = json.loads((state_root() / name / "cluster.json").read_text())
            # Another version of Seatrial may have written more than we know.
            known = {key: said[key] for key in cls.__dataclass_fields__ if key in said}
            size = NodeSize(**known["node_size"]) if known.get("node_size") else None
            return cls(**{**known, "owner": tuple(known.get("owner") or ()) or None, "node_size": size})
        except (OSError, ValueError, TypeError, UsageError):
            return None

