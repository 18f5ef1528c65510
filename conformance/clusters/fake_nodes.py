"""Fake nodes: profiles in `fixtures/nodes/` and the Node objects they stand for.

`fixtures/nodes/README.md` documents the profile format.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import assets
from conformance.errors import UsageError, nearest
from conformance.gpu import models
from conformance.gpu.models import GpuModel
from conformance.kube import schema, yaml
from conformance.kube.yaml import Document
from conformance.model.labels import (
    ARCH_LABEL,
    FAKE,
    FAKE_TAINT,
    GPU_RESOURCE,
    HOSTNAME_LABEL,
    KWOK_ANNOTATION,
    NODE_LABEL,
    OS_LABEL,
    RACK_LABEL,
    REGION_LABEL,
    ZONE_LABEL,
)
from conformance.model.node_size import NodeSize

REGION = "seatrial"
KUBELET_VERSION = "v1.35.4"
EPHEMERAL_STORAGE = "1Ti"

_NUMBER = {"type": "integer", "minimum": 1}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["description", "groups"],
    "properties": {
        "description": {"type": "string", "description": "one line for people"},
        "real_nodes": {
            "type": "object",
            "additionalProperties": False,
            "required": ["cpu", "memory"],
            "description": "the size that each real node of a local cluster claims",
            "properties": {
                "cpu": {**_NUMBER, "description": "CPUs"},
                "memory": {"type": "string", "pattern": "^[1-9][0-9]*[KMGT]i$",
                           "description": "write memory like 512Gi or 2Ti"},
            },
        },
        "groups": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["count", "gpu", "gpus_per_node", "cpu", "memory", "zones", "racks"],
                "properties": {
                    "count": {**_NUMBER, "description": "nodes in this group"},
                    "gpu": {"type": "string", "description": "a model of fixtures/gpus"},
                    "gpus_per_node": {**_NUMBER, "description": "GPUs of one node"},
                    "cpu": {**_NUMBER, "description": "cores of one node"},
                    "memory": {"type": "string", "pattern": "^[1-9][0-9]*[KMGT]i$",
                               "description": "write memory like 512Gi or 2Ti"},
                    "zones": {**_NUMBER, "description": "zones that the racks are spread over"},
                    "racks": {**_NUMBER, "description": "racks that the nodes are spread over"},
                    "pods": {**_NUMBER, "description": "pods that fit on one node"},
                },
            },
        },
    },
}
"""JSON Schema of a profile."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Equal nodes. Its racks hold the same number of nodes each, its zones the same number of racks."""

    count: int
    """Nodes."""
    gpu: GpuModel
    gpus_per_node: int
    cpu: int
    """Cores."""
    memory: str
    """A Kubernetes quantity, for example `2Ti`."""
    zones: int
    racks: int
    pods: int = 110


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A fleet of fake nodes."""

    name: str
    description: str
    groups: tuple[Group, ...]
    real_nodes: NodeSize | None = None
    """What each real node of a local cluster claims to have; None: what the machine has."""

    @property
    def nodes(self) -> int:
        """How many nodes."""
        return sum(group.count for group in self.groups)

    @property
    def gpus(self) -> int:
        """How many GPUs on all nodes together."""
        return sum(group.count * group.gpus_per_node for group in self.groups)


def profile_names() -> list[str]:
    """Return the names of the profiles that come with Seatrial."""
    return sorted(path.stem for path in _profiles().glob("*.yaml"))


def load_profile(name_or_path: str | Path) -> Profile:
    """Return a shipped profile by name, or one from a file.

    Raises UsageError that names the file and line, what is wrong and the nearest right word.
    """
    path = _profiles() / f"{name_or_path}.yaml"
    if not path.is_file():
        path = Path(name_or_path)
    if not path.is_file():
        raise UsageError(f"there is no node profile {str(name_or_path)!r}",
                         nearest(str(name_or_path), profile_names()) + ", or name a YAML file")
    documents = yaml.read(path)
    if len(documents) != 1:
        raise UsageError(f"{path}: a node profile is one YAML document, this has {len(documents)}")
    document = documents[0]
    schema.check(document, SCHEMA)
    return Profile(name=path.stem, description=document.data["description"], real_nodes=_real_nodes(document),
                   groups=tuple(_group(document, index) for index in range(len(document.data["groups"]))))


def nodes(profile: Profile, *, prefix: str = "fake") -> list[dict[str, Any]]:
    """Return the Node objects of a profile, named `PREFIX-000` and so on, ready to be created."""
    made: list[dict[str, Any]] = []
    racks_before = 0
    width = max(3, len(str(profile.nodes - 1)))
    for group in profile.groups:
        for index in range(group.count):
            rack = index * group.racks // group.count
            made.append(_node(f"{prefix}-{len(made):0{width}}", group,
                              zone=_zone(rack * group.zones // group.racks),
                              rack=f"rack-{racks_before + rack:02}"))
        racks_before += group.racks
    return made


def _zone(index: int) -> str:
    return f"{REGION}-{index + 1}"


def _node(name: str, group: Group, *, zone: str, rack: str) -> dict[str, Any]:
    labels = {
        NODE_LABEL: FAKE,
        HOSTNAME_LABEL: name,
        ARCH_LABEL: "amd64",
        OS_LABEL: "linux",
        REGION_LABEL: REGION,
        ZONE_LABEL: zone,
        RACK_LABEL: rack,
        **group.gpu.labels(group.gpus_per_node),
    }
    resources = {
        "cpu": str(group.cpu),
        "memory": group.memory,
        "pods": str(group.pods),
        "ephemeral-storage": EPHEMERAL_STORAGE,
        GPU_RESOURCE: str(group.gpus_per_node),
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {KWOK_ANNOTATION: FAKE}},
        "spec": {"taints": [{"key": FAKE_TAINT, "value": "true", "effect": "NoSchedule"}]},
        "status": {
            "capacity": resources,
            "allocatable": dict(resources),
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "fake",
                "kernelVersion": "fake", "containerRuntimeVersion": "fake://",
                "kubeletVersion": KUBELET_VERSION, "kubeProxyVersion": "",
                "machineID": name, "systemUUID": name, "bootID": name,
            },
        },
    }


def _profiles() -> Path:
    return assets.folder("fixtures") / "nodes"


def _real_nodes(document: Document) -> NodeSize | None:
    if "real_nodes" not in document.data:
        return None
    try:
        return NodeSize(**document.data["real_nodes"])
    except ValueError as error:
        raise UsageError(f"{document.where('real_nodes')}: {error}", "say a size that a machine could have") from None


def _group(document: Document, index: int) -> Group:
    said = document.data["groups"][index]
    try:
        gpu = models.model(said["gpu"])
    except UsageError as error:
        where = document.where("groups", index, "gpu")
        raise UsageError(f"{where}: {error.message}", error.way_out) from None
    for per, few, what, many in (("racks", said["racks"], "nodes", said["count"]),
                                 ("zones", said["zones"], "racks", said["racks"])):
        if many % few:
            raise UsageError(f"{document.where('groups', index, per)}: "
                             f"{many} {what} cannot be spread evenly over {few} {per}",
                             f"change {per}, or make {many} a multiple of it")
    return Group(**{**said, "gpu": gpu})
