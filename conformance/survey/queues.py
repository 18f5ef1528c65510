"""Queues of a live cluster, read as the manifests of a platform folder are."""

from collections.abc import Iterator
from pathlib import Path

from conformance.folder import promises
from conformance.folder import queues as written
from conformance.model.folder import Manifest, PlatformFolder
from conformance.model.labels import GPU_RESOURCE
from conformance.model.quantity import devices
from conformance.model.survey import Queue
from conformance.platform import on_existing
from conformance.survey.reader import Reader

HERE = Path("cluster")
"""Stands where a manifest's file would."""
KINDS = ((written.KUEUE, "ClusterQueue"), (written.KUEUE, "LocalQueue"), (written.KUEUE, "Cohort"),
         (written.KUEUE, "ResourceFlavor"), (written.KUEUE, "Topology"), (written.KUEUE, "WorkloadPriorityClass"),
         (written.VOLCANO, "Queue"), (written.HYPERNODES, "HyperNode"))


def manifests(reader: Reader) -> tuple[Manifest, ...]:
    """Return what is said about queues, flavors and topologies."""
    return tuple(Manifest(file=HERE, line=0, object={
        "apiVersion": reader.versions[group], "kind": kind, **obj}) for group, kind in KINDS
        for obj in reader.each(group, kind))


def queues(live: PlatformFolder) -> tuple[Queue, ...]:
    """Return the queues for GPUs, with what they promise by themselves and what they hold."""
    return (*_of_kueue(live), *_of_volcano(live))


def _of_kueue(live: PlatformFolder) -> Iterator[Queue]:
    doors = written.local_queues(live.manifests)
    for queue in written.cluster_queues(live.manifests):
        if queue.quota.covers_gpus:
            yield Queue(kind="ClusterQueue", name=queue.name, cohort=queue.cohort or "",
                        guaranteed_gpus=queue.quota.nominal, may_borrow_gpus=written.borrowable(queue, live.manifests),
                        lends_gpus=promises.lends(queue), gpus_in_use=on_existing.reserved(queue.manifest.object),
                        doors=tuple(f"{door.namespace}/{door.name}" for door in doors
                                    if door.cluster_queue == queue.name))


def _of_volcano(live: PlatformFolder) -> Iterator[Queue]:
    conf = promises.volcano_conf(live)
    for queue in written.volcano_queues(live.manifests):
        own = promises.owns(queue, conf)
        held = ((queue.manifest.object.get("status") or {}).get("allocated") or {}).get(GPU_RESOURCE, 0)
        yield Queue(kind="Queue", name=queue.name, cohort=queue.parent or "", guaranteed_gpus=own,
                    may_borrow_gpus=None if queue.capability is None else max(0, queue.capability - (own or 0)),
                    lends_gpus=None, gpus_in_use=devices(held), doors=())
