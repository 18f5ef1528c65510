"""Kueue's queues on a live cluster: who may enter them, and what they hold.

It is a `conformance.model.component.LiveQueues`.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from conformance.components.kueue.cohorts import borrowable
from conformance.components.kueue.manifests import GROUP, cluster_queue_of, cluster_queues, local_queues
from conformance.components.kueue.names import CONFIG_KEY, CONFIG_MAP, NAMESPACE
from conformance.components.kueue.quota import lends
from conformance.errors import SeatrialError
from conformance.kube.api import Api, Object, parse
from conformance.model import quantity
from conformance.model.folder import PlatformFolder
from conformance.model.labels import GPU_RESOURCE
from conformance.model.promise import Team
from conformance.model.selector import selects
from conformance.model.survey import Queue

LOCAL_QUEUE, CLUSTER_QUEUE = f"{GROUP}/v1beta2/LocalQueue", f"{GROUP}/v1beta2/ClusterQueue"
WORKLOAD = f"{GROUP}/v1beta2/Workload"
WATCHED = (WORKLOAD,)
READS = tuple((GROUP, kind) for kind in ("ClusterQueue", "LocalQueue", "Cohort", "ResourceFlavor", "Topology",
                                         "WorkloadPriorityClass"))
"""Kinds that a survey reads, as group and kind."""


def surveyed(folder: PlatformFolder) -> Iterator[Queue]:
    """Yield the queues for GPUs of a folder whose manifests were read from a cluster."""
    doors = local_queues(folder.manifests)
    for queue in cluster_queues(folder.manifests):
        if queue.quota.covers_gpus:
            yield Queue(kind="ClusterQueue", name=queue.name, cohort=queue.cohort or "",
                        guaranteed_gpus=queue.quota.nominal, may_borrow_gpus=borrowable(queue, folder.manifests),
                        lends_gpus=lends(queue), gpus_in_use=reserved_of(queue.manifest.object),
                        doors=tuple(f"{door.namespace}/{door.name}" for door in doors
                                    if door.cluster_queue == queue.name))


def entrance(team: Team, folder: PlatformFolder, namespace: str) -> Object:
    """Return a LocalQueue of a namespace that leads to the ClusterQueue of a team. Raises SeatrialError."""
    queue = cluster_queue_of(team, folder)
    if queue is None:
        raise SeatrialError(f"{team.name} has no ClusterQueue")
    return _local_queue(team.queue, namespace, queue.name)


def open_to(api: Api, team: Team, namespace: str) -> None:
    """Make a LocalQueue like the team's own one in a namespace, unless it is there."""
    if not api.serves(LOCAL_QUEUE):
        return
    own = api.read(LOCAL_QUEUE, team.queue, team.namespace)
    if own is not None and api.read(LOCAL_QUEUE, team.queue, namespace) is None:
        api.create(_local_queue(team.queue, namespace, own["spec"]["clusterQueue"]))


def _local_queue(name: str, namespace: str, cluster_queue: str) -> Object:
    return {"apiVersion": f"{GROUP}/v1beta2", "kind": "LocalQueue", "metadata": {"name": name, "namespace": namespace},
            "spec": {"clusterQueue": cluster_queue}}


def closed(api: Api, folder: PlatformFolder, team: Team) -> tuple[str, str]:
    """Return why work of a team cannot enter its queue from its namespace, and what opens it; nothing when it can."""
    written = cluster_queue_of(team, folder)
    if written is None:
        return "", ""
    queue = api.read(CLUSTER_QUEUE, written.name)
    door = api.read(LOCAL_QUEUE, team.queue, team.namespace)
    if queue is None or door is None:
        what = f"ClusterQueue {written.name}" if queue is None else f"LocalQueue {team.queue} for {team.name}"
        return f"{what} is not there", f"apply the manifests of {folder.name}"
    space = api.read("v1/Namespace", team.namespace) or {"metadata": {}}
    if selects(queue["spec"].get("namespaceSelector"), space["metadata"].get("labels") or {}):
        return "", ""
    return (f"ClusterQueue {written.name} does not select namespace {team.namespace}, in which the work of {team.name} "
            f"would be submitted",
            f"let its namespaceSelector take {team.namespace} too, or give --allow-changes the prefix of the team's "
            f"own namespace")


def manages(api: Api, namespace: str) -> tuple[bool, str]:
    """Return whether Kueue looks after work of a namespace that names no queue, and what says so."""
    setting = "managedJobsNamespaceSelector"
    selector = settings_on(api).get(setting)
    space = api.read("v1/Namespace", namespace) or {"metadata": {}}
    return selector is None or selects(selector, space["metadata"].get("labels") or {}), f"Kueue's {setting}"


def holds_pods_back(api: Api, namespace: str) -> tuple[bool, str]:
    """Return whether plain pods of a namespace are kept from running, and what lets them run."""
    said = settings_on(api)
    looks_after_pods = "pod" in ((said.get("integrations") or {}).get("frameworks") or ())
    held = looks_after_pods and said.get("manageJobsWithoutQueueName") and manages(api, namespace)[0]
    return bool(held), (f"Kueue holds pods without a queue back, also in namespace {namespace} (way out: let its "
                        f"managedJobsNamespaceSelector leave out {namespace})")


def settings_on(api: Api) -> Mapping[str, Any]:
    """Return the configuration of the Kueue that runs, where it is where upstream puts it."""
    found = api.read("v1/ConfigMap", CONFIG_MAP, NAMESPACE) or {}
    said = parse(found.get("data", {}).get(CONFIG_KEY, ""), f"ConfigMap {NAMESPACE}/{CONFIG_MAP}")
    return said[0] if said else {}


def reserved(api: Api, folder: PlatformFolder, team: Team) -> tuple[str, int]:
    """Return, for people, the queue of a team, and the GPUs that it has given away."""
    written = cluster_queue_of(team, folder)
    queue = api.read(CLUSTER_QUEUE, written.name) if written else None
    return (f"ClusterQueue {written.name}", reserved_of(queue)) if written and queue else ("", 0)


def reserved_of(queue: Mapping[str, Any]) -> int:
    """Return the GPUs that a live ClusterQueue has given away."""
    status = queue.get("status") or {}
    return sum(quantity.devices(resource.get("total", 0)) for flavor in status.get("flavorsReservation") or ()
               for resource in flavor.get("resources") or () if resource.get("name") == GPU_RESOURCE)


def still_held(api: Api, namespaces: Collection[str], gone: Collection[str]) -> list[str]:
    """Return what holds quota for deleted work of some namespaces."""
    if not api.serves(WORKLOAD):
        return []
    return [workload["metadata"]["name"] for namespace in namespaces for workload in api.list(WORKLOAD, namespace)
            if any(owner["name"] in gone for owner in workload["metadata"].get("ownerReferences", []))]
