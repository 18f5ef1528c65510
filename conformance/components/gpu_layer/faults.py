"""How a node's GPU layer can be broken, made on the live node and taken back."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from conformance.clusters import FakeGpus
from conformance.errors import Unsupported
from conformance.model.fault import Fault, Site
from conformance.model.labels import GPU_RESOURCE, NODE_LABEL, REAL
from conformance.waiting import eventually, patience

SHARES = 2


def _node(site: Site) -> str:
    """Return the real node that is broken. Raises Unsupported where the GPU layer is not ours to break."""
    nodes = [node["metadata"]["name"] for node in site.api.list("v1/Node", labels=f"{NODE_LABEL}={REAL}")
             if GPU_RESOURCE in node["status"]["allocatable"]]
    if not nodes or not isinstance(site.cluster, FakeGpus):
        raise Unsupported("there is no real node with fake GPUs: nothing can be shown")
    return str(min(nodes))


@contextmanager
def _time_sliced(site: Site) -> Iterator[None]:
    node = _node(site)
    sound = site.cluster.gpus(node)
    _offer(site, node, [f"{gpu}::{share}" for gpu in sound for share in range(SHARES)])
    try:
        yield
    finally:
        _offer(site, node, sound)


def _offer(site: Site, node: str, gpus: Sequence[str]) -> None:
    site.cluster.set_gpus(node, gpus)
    eventually(lambda: site.api.read("v1/Node", node)["status"]["allocatable"][GPU_RESOURCE],
               becomes=str(len(gpus)), within=patience().ready, because=f"GPUs of {node}")


@contextmanager
def _hung(site: Site) -> Iterator[None]:
    node = _node(site)
    site.cluster.signal_gpu_plugin(node, signal.SIGSTOP)
    try:
        yield
    finally:
        site.cluster.signal_gpu_plugin(node, signal.SIGCONT)


FAULTS = (
    Fault(name="gpus-time-sliced", description="every GPU is handed out twice, under the name of a whole one",
          applied=_time_sliced),
    Fault(name="gpu-plugin-hangs", description="the device plugin runs and says nothing any more", applied=_hung,
          in_objects=False),
)
