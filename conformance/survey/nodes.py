"""Nodes and their GPUs, and the pods that hold them: kept as numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.clusters.existing import GPUS, fidelity_of, offers_gpus
from conformance.kube.api import Object, is_true
from conformance.model.fidelity import Fidelity
from conformance.model.labels import (
    GPU_COUNT,
    GPU_MEMORY,
    GPU_PRODUCT,
    GPU_REPLICAS,
    GPU_RESOURCE,
    GPU_SHARING,
    MIG_CONFIG,
    MIG_STRATEGY,
)
from conformance.model.survey import GpuNodes, Nodes
from conformance.survey.reader import Reader

ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Found:
    """What there is, and what follows from it."""

    nodes: Nodes
    fidelity: Fidelity
    whole_gpus: int
    """`nvidia.com/gpu` of all nodes."""
    mixed: bool
    """Whether some nodes with GPUs are real and some are not."""


@dataclass
class _Group:
    """Nodes that are alike, being counted."""

    labels: Mapping[str, str]
    real: bool
    nodes: int = 0
    ready: int = 0
    gpus: int | None = 0
    devices: Counter[str] = field(default_factory=Counter)
    in_use: Counter[str] = field(default_factory=Counter)


_ALIKE = (GPU_PRODUCT, GPU_MEMORY, GPU_SHARING, GPU_REPLICAS, MIG_STRATEGY,
          MIG_CONFIG)
_Key = tuple[object, ...]


def look(reader: Reader) -> Found:
    """Count nodes by what their GPUs are, and what pods hold of them."""
    groups: dict[_Key, _Group] = {}
    of_node: dict[str, _Group] = {}
    kinds: Counter[Fidelity] = Counter()
    count = ready = 0
    for node in reader.each("", "Node"):
        count += 1
        ready += is_true(node, "Ready")
        devices = _devices(node)
        labels = node["metadata"].get("labels") or {}
        if offers_gpus(node):
            kind = fidelity_of(node)
            kinds[kind] += 1
            key = (kind is not Fidelity.CONTROL_PLANE, *(labels.get(label) for label in _ALIKE))
            group = groups.setdefault(key, _Group(labels, real=kind is not Fidelity.CONTROL_PLANE))
            of_node[node["metadata"]["name"]] = group
            _add(group, node, devices, labels)
    pods, gpu_pods = _pods(reader, of_node)
    return Found(
        nodes=Nodes(nodes=count, ready=ready, fake=kinds[Fidelity.CONTROL_PLANE], pods=pods, gpu_pods=gpu_pods,
                    gpu_nodes=tuple(_told(group) for group in groups.values()), dra_drivers=_drivers(reader)),
        fidelity=min(kinds, default=Fidelity.CONTROL_PLANE),
        mixed=0 < kinds[Fidelity.CONTROL_PLANE] < kinds.total(),
        whole_gpus=sum(group.devices[GPU_RESOURCE] for group in groups.values()))


def _add(group: _Group, node: Object, devices: Mapping[str, int], labels: Mapping[str, str]) -> None:
    group.nodes += 1
    group.ready += is_true(node, "Ready")
    group.devices.update(devices)
    # With the strategy `single` the label counts instances, and none counts GPUs.
    counted = labels.get(GPU_COUNT, "") if labels.get(MIG_STRATEGY) != "single" or "-MIG-" not in \
        labels.get(GPU_PRODUCT, "") else ""
    group.gpus = group.gpus + int(counted) if counted.isdigit() and group.gpus is not None else None


def _devices(node: Object) -> dict[str, int]:
    offered = (node.get("status") or {}).get("allocatable") or {}
    return {name: int(number) for name, number in offered.items()
            if name.startswith(GPUS) and str(number).isdigit() and int(number)}


def _pods(reader: Reader, of_node: Mapping[str, _Group]) -> tuple[int | None, int]:
    """Count pods, and add what they hold to the groups; None when pods may not be read."""
    count = holding = 0
    for pod in reader.each("", "Pod"):
        count += 1
        spec = pod["spec"]
        group = of_node.get(spec.get("nodeName", ""))
        if group is None or (pod.get("status") or {}).get("phase") in ENDED:
            continue
        held = Counter[str]()
        for container in spec.get("containers", ()):
            limits = (container.get("resources") or {}).get("limits") or {}
            held.update({name: int(number) for name, number in limits.items()
                         if name.startswith(GPUS) and str(number).isdigit()})
        holding += bool(held.total())
        group.in_use.update(held)
    return (None if "list pods" in reader.unread else count), holding


def _drivers(reader: Reader) -> tuple[str, ...]:
    return tuple(sorted({str(one["spec"]["driver"]) for one in reader.each("resource.k8s.io", "ResourceSlice")}))


def _told(group: _Group) -> GpuNodes:
    labels = group.labels
    memory, replicas = labels.get(GPU_MEMORY, ""), labels.get(GPU_REPLICAS, "")
    shared = int(replicas) if replicas.isdigit() else 1
    sharing = labels.get(GPU_SHARING) or ("time-slicing" if shared > 1 else "none")
    offered_by = labels.get(MIG_STRATEGY) or "none"
    instances = "-MIG-" in labels.get(GPU_PRODUCT, "") or any("/mig-" in name for name in group.devices)
    return GpuNodes(product=labels.get(GPU_PRODUCT, ""), memory_mib=int(memory) if memory.isdigit() else None,
                    real=group.real, nodes=group.nodes, ready=group.ready, gpus=group.gpus, sharing=sharing,
                    replicas=shared, mig=offered_by if instances else "none",
                    mig_config=labels.get(MIG_CONFIG, ""), devices=dict(group.devices),
                    in_use={name: group.in_use[name] for name in group.devices})
