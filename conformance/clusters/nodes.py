"""Nodes of a cluster of ours, whatever they are made of: what they are called, added, waited for."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from conformance.gpu import models
from conformance.kube.api import Api, Object, is_true
from conformance.model.labels import NODE_LABEL, REAL
from conformance.waiting import eventually, patience

GPU_MODEL = "H100-SXM-80GB"
"""What the fake GPUs of a real node say that they are."""


def real_labels(gpus: int) -> dict[str, str]:
    """Return the labels of a real node with so many fake GPUs: as GPU Feature Discovery says it, for queues to find."""
    return {NODE_LABEL: REAL, **(models.model(GPU_MODEL).labels(gpus) if gpus else {})}


def container_runtime(api: Api) -> str:
    """Return what runs the containers of the real nodes, as their kubelets say it, for example `containerd://2.4.2`."""
    real = api.list("v1/Node", labels=f"{NODE_LABEL}={REAL}")
    return ", ".join(sorted({node["status"]["nodeInfo"]["containerRuntimeVersion"] for node in real}))


def add(api: Api, wanted: Iterable[Object]) -> None:
    """Create Node objects side by side."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(api.apply, wanted))


def await_ready(api: Api, wanted: Sequence[str], *, story: Callable[[], Sequence[str]] = tuple) -> None:
    """Wait until the nodes of these names are Ready. Raises Unmet that names those that are not, with their story."""
    def _not_ready() -> set[str]:
        ready = {node["metadata"]["name"] for node in api.list("v1/Node") if is_true(node, "Ready")}
        return set(wanted) - ready

    eventually(_not_ready, becomes=set(), within=patience().ready + len(wanted) / 10, because="every node is Ready",
               story=story)
