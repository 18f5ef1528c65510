"""Volcano's queues on a live cluster: what they hold.

It is a `conformance.model.component.LiveQueues`.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from conformance.components.scheduling import POD_GROUP
from conformance.components.volcano.manifests import GROUP, HYPERNODES, volcano_conf, volcano_queues
from conformance.components.volcano.names import QUEUE
from conformance.components.volcano.queues import owns
from conformance.errors import SeatrialError
from conformance.kube.api import Api, Object
from conformance.model import quantity
from conformance.model.folder import PlatformFolder
from conformance.model.labels import GPU_RESOURCE
from conformance.model.promise import Team
from conformance.model.survey import Queue

WATCHED = (POD_GROUP,)
READS = ((GROUP, "Queue"), (HYPERNODES, "HyperNode"))
"""Kinds that a survey reads, as group and kind."""


def surveyed(folder: PlatformFolder) -> Iterator[Queue]:
    """Yield the queues of a folder whose manifests were read from a cluster."""
    conf = volcano_conf(folder)
    for queue in volcano_queues(folder.manifests):
        own = owns(queue, conf)
        yield Queue(kind="Queue", name=queue.name, cohort=queue.parent or "", guaranteed_gpus=own,
                    may_borrow_gpus=None if queue.capability is None else max(0, queue.capability - (own or 0)),
                    lends_gpus=None, gpus_in_use=reserved_of(queue.manifest.object), doors=())


def entrance(team: Team, folder: PlatformFolder, namespace: str) -> Object:
    """Raise SeatrialError: queues of Volcano are open to every namespace."""
    raise SeatrialError(f"Queue {team.queue} of {folder.name} needs no entrance in namespace {namespace}")


def open_to(api: Api, team: Team, namespace: str) -> None:
    """Do nothing: queues are open to every namespace."""


def closed(api: Api, folder: PlatformFolder, team: Team) -> tuple[str, str]:  # noqa: ARG001
    """Return nothing: queues are open to every namespace."""
    return "", ""


def manages(api: Api, namespace: str) -> tuple[bool, str]:  # noqa: ARG001
    """Return that it looks after work of every namespace."""
    return True, ""


def holds_pods_back(api: Api, namespace: str) -> tuple[bool, str]:  # noqa: ARG001
    """Return that it leaves alone what does not name its scheduler."""
    return False, ""


def reserved(api: Api, folder: PlatformFolder, team: Team) -> tuple[str, int]:  # noqa: ARG001
    """Return, for people, the queue of a team, and the GPUs that it has given away."""
    queue = api.read(QUEUE, team.queue)
    return (f"Queue {team.queue}", reserved_of(queue)) if queue else ("", 0)


def reserved_of(queue: Mapping[str, Any]) -> int:
    """Return the GPUs that a live Queue has given away."""
    return quantity.devices(((queue.get("status") or {}).get("allocated") or {}).get(GPU_RESOURCE, 0))


def still_held(api: Api, namespaces: Collection[str], gone: Collection[str]) -> list[str]:  # noqa: ARG001
    """Return nothing: what is gone holds no quota."""
    return []
