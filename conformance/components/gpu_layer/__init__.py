"""The GPU layer of a real node: a device plugin that hands out `nvidia.com/gpu`.

On a local cluster it comes with the node (`conformance.gpu.device_plugin`); nothing is installed.
"""

from typing import Any

from conformance.components.gpu_layer.faults import FAULTS
from conformance.components.pods import plain_pods
from conformance.kube.api import Api
from conformance.model.component import Component
from conformance.model.feature import Feature
from conformance.model.labels import GPU_RESOURCE, NODE_LABEL, REAL
from conformance.model.role import Role


def install(*_: Any) -> None:
    """Do nothing: it is there before the platform is."""


def detect(api: Api) -> str | None:
    """Return the kubelet's version of the first real node of ours that has GPUs, or None."""
    found = [node for node in api.list("v1/Node", labels=f"{NODE_LABEL}={REAL}")
             if GPU_RESOURCE in node["status"]["allocatable"]]
    return str(found[0]["status"]["nodeInfo"]["kubeletVersion"]) if found else None


COMPONENT = Component(name="gpu-layer", provides=frozenset({Feature.FAKE_GPU}), roles=frozenset({Role.GPU_LAYER}),
                      install=install, detect=detect, dress=plain_pods, faults=FAULTS, of_ground=True)
