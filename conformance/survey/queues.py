"""Queues of a live cluster, read as the manifests of a platform folder are."""

from pathlib import Path

from conformance import catalog
from conformance.model.folder import Manifest, PlatformFolder
from conformance.model.survey import Queue
from conformance.survey.reader import Reader

HERE = Path("cluster")
"""Stands where a manifest's file would."""


def manifests(reader: Reader) -> tuple[Manifest, ...]:
    """Return what is said about queues, flavors and topologies: the objects that components ask for."""
    kinds = dict.fromkeys(kind for one in catalog.components().values() for kind in one.reads)
    return tuple(Manifest(file=HERE, object={
        "apiVersion": reader.versions[group], "kind": kind, **obj}) for group, kind in kinds
        for obj in reader.each(group, kind))


def queues(live: PlatformFolder) -> tuple[Queue, ...]:
    """Return the queues for GPUs, with what they promise by themselves and what they hold."""
    return tuple(queue for one in catalog.components().values() if one.live for queue in one.live.surveyed(live))
