"""A platform folder on a cluster that is not ours: where its teams work there, and what may be checked.

Promises name the owner's namespaces. A run stays out of them, unless their names begin with the prefix that it was
allowed: for each of the others it has a namespace of its own, with the same labels, and a LocalQueue that leads to the
ClusterQueue of the team. Whether that ClusterQueue selects such a namespace is the owner's to say, and is looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.clusters import Cluster, Say, existing
from conformance.clusters.existing import ExistingCluster
from conformance.components import kueue
from conformance.errors import Disabled, Unsupported, UsageError
from conformance.folder import promises, queues
from conformance.kube.api import Api
from conformance.model import quantity
from conformance.model.behaviour import Behaviour
from conformance.model.component import Component
from conformance.model.folder import Manifest, PlatformFolder
from conformance.model.labels import GPU_RESOURCE
from conformance.model.permit import Disturbance, Permit
from conformance.model.promise import Team

LOCAL_QUEUE, CLUSTER_QUEUE = "kueue.x-k8s.io/v1beta2/LocalQueue", "kueue.x-k8s.io/v1beta2/ClusterQueue"
VOLCANO_QUEUE = "scheduling.volcano.sh/v1beta1/Queue"
LONGEST_NAME = 63


def moved(folder: PlatformFolder, permit: Permit) -> PlatformFolder:
    """Return a folder as it lies on the cluster: its teams and their LocalQueues in the namespaces of the run.

    Raises UsageError when a namespace's name would be too long.
    """
    said = promises.promised(folder)
    for name in (permit.namespace(team.namespace) for team in said.teams):
        if len(name) > LONGEST_NAME:
            raise UsageError(f"namespace {name} would have more than {LONGEST_NAME} letters",
                             "take a shorter --allow-changes PREFIX")
    teams = tuple(replace(team, namespace=permit.namespace(team.namespace)) for team in said.teams)
    return replace(folder, promises=replace(said, teams=teams),
                   manifests=tuple(_moved(manifest, permit) for manifest in folder.manifests))


def _moved(manifest: Manifest, permit: Permit) -> Manifest:
    meta = manifest.object["metadata"]
    if manifest.group == "" and manifest.kind == "Namespace":
        meta = {**meta, "name": permit.namespace(manifest.name)}
    elif manifest.namespace:
        meta = {**meta, "namespace": permit.namespace(manifest.namespace)}
    return replace(manifest, object={**manifest.object, "metadata": meta})


def enter(folder: PlatformFolder, permit: Permit, *, kubeconfig: Path | None, context: str | None,
          say: Say) -> ExistingCluster:
    """Return the cluster with all that the teams of a folder (as it is written) need there. Raises SeatrialError."""
    teams = promises.promised(folder).teams
    spaces: dict[str, str | None] = {permit.home: None, permit.strangers: None}
    spaces |= {permit.namespace(team.namespace): team.namespace for team in teams}
    cluster = existing.enter(kubeconfig, context, permit, namespaces=spaces, say=say,
                             components=[spec.name for spec in folder.components])
    try:
        for team in teams:
            if team.component == "kueue" and cluster.api.serves(LOCAL_QUEUE):
                _open_door(cluster.api, team, permit.namespace(team.namespace))
    except BaseException:
        cluster.close()
        raise
    say(f"at work in {', '.join(spaces)}")
    return cluster


def _open_door(api: Api, team: Team, namespace: str) -> None:
    """Make a LocalQueue like the team's own one, unless it is there."""
    own = api.read(LOCAL_QUEUE, team.queue, team.namespace)
    if own is not None and api.read(LOCAL_QUEUE, team.queue, namespace) is None:
        api.create({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue",
                    "metadata": {"name": team.queue, "namespace": namespace},
                    "spec": {"clusterQueue": own["spec"]["clusterQueue"]}})


# -- what may be checked ----------------------------------------------------------------------------


def needed_objects(behaviour: Behaviour, component: Component | None, permit: Permit) -> list[str]:
    """Return the objects without a namespace that a behaviour makes for a component, as `Kind/name`."""
    kind = component.priority_kind.rpartition("/")[2] if component else ""
    found = [f"{kind}/{priority_name(permit, value)}" for value in behaviour.priorities if kind]
    for whose, one in behaviour.cluster_objects:
        if component and component.name == whose:
            word, _, name = one.partition("/")
            found.append(f"{word}/{permit.prefix}{name}")
    return found


def priority_name(permit: Permit, value: int) -> str:
    """Return what a priority is called on a cluster that is not ours."""
    return f"{permit.prefix}priority-{value}"


def not_allowed(behaviour: Behaviour, component: Component | None, permit: Permit | None, *,
                fault: bool = False) -> Iterator[Disabled]:
    """Yield what the owner of the cluster has not said yes to: each with the options that say it."""
    if permit is None:
        yield Disabled("it would create and delete workloads on an existing cluster", "--allow-changes PREFIX")
        permit = Permit(prefix="PREFIX-")
    wanted = (*behaviour.disturbs, *((Disturbance.PLATFORM,) if fault else ()))
    for disturbance in wanted:
        if disturbance not in permit.may_disturb:
            yield Disabled(disturbance.deed, f"--may-disturb {disturbance}")
    missing = [one for one in needed_objects(behaviour, component, permit) if one not in permit.cluster_objects]
    if missing:
        yield Disabled(f"it makes {', '.join(one.replace('/', ' ') for one in missing)}, which lie in no namespace",
                       " ".join(f"--cluster-object {one}" for one in missing))


def check(cluster: Cluster, permit: Permit, folder: PlatformFolder, behaviour: Behaviour, component: Component,
          team: Team | None) -> None:
    """Raise Unsupported when a behaviour cannot be checked on a cluster now. `folder` is moved, and so is the team."""
    if component.detect(cluster.api) is None:
        raise Unsupported(f"{component.name} is not on {cluster.name}")
    if team and component.name == "kueue" and not _managed(cluster.api, team.namespace):
        raise Unsupported(f"Kueue's managedJobsNamespaceSelector does not select namespace {team.namespace}")
    if Disturbance.NODES in behaviour.disturbs and _held_back(cluster.api, permit.home):
        raise Unsupported(f"Kueue holds pods without a queue back, also in namespace {permit.home} (way out: let its "
                          f"managedJobsNamespaceSelector leave out {permit.home})")
    if not behaviour.alone and Disturbance.COHORT not in behaviour.disturbs:
        return
    for one in _concerned(folder, behaviour, component, team):
        why, way_out = _closed(cluster.api, folder, one)
        if why:
            raise Unsupported(f"{why} (way out: {way_out})")


def _managed(api: Api, namespace: str) -> bool:
    """Whether Kueue looks after work of a namespace that names no queue, as far as its configuration says."""
    selector = kueue.settings_on(api).get("managedJobsNamespaceSelector")
    space = api.read("v1/Namespace", namespace) or {"metadata": {}}
    return selector is None or queues.selects(selector, space["metadata"].get("labels") or {})


def _held_back(api: Api, namespace: str) -> bool:
    """Whether Kueue keeps plain pods of a namespace from running."""
    said = kueue.settings_on(api)
    looks_after_pods = "pod" in ((said.get("integrations") or {}).get("frameworks") or ())
    return bool(looks_after_pods and said.get("manageJobsWithoutQueueName") and _managed(api, namespace))


def served(folder: PlatformFolder, component: Component, team: Team | None) -> Team | None:
    """Return the team for which work is submitted: the behaviour's, or the first that there is."""
    teams = promises.promised(folder).teams
    # A component that holds no queues works for whoever there is.
    return team or next((one for one in teams if one.component == component.name), teams[0] if teams else None)


def _concerned(folder: PlatformFolder, behaviour: Behaviour, component: Component, team: Team | None) -> list[Team]:
    """Return the teams through whose queues a behaviour's work goes: none, one, or all that share."""
    first = None if component.of_ground else served(folder, component, team)
    if first is None or Disturbance.COHORT not in behaviour.disturbs:
        return [first] if first else []
    teams, mine = promises.promised(folder).teams, _pool(first, folder)
    return [one for one in teams if one == first or _pool(one, folder) == mine]


def _pool(team: Team, folder: PlatformFolder) -> str:
    queue = promises.cluster_queue_of(team, folder)
    return (queue.cohort or queue.name) if queue else team.component


def _closed(api: Api, folder: PlatformFolder, team: Team) -> tuple[str, str]:
    """Return why work of a team cannot enter its queue from our namespace, and what opens it; nothing when it can."""
    written = promises.cluster_queue_of(team, folder)
    if written is None:
        return "", ""
    queue = api.read(CLUSTER_QUEUE, written.name)
    door = api.read(LOCAL_QUEUE, team.queue, team.namespace)
    if queue is None or door is None:
        what = f"ClusterQueue {written.name}" if queue is None else f"LocalQueue {team.queue} for {team.name}"
        return f"{what} is not there", f"apply the manifests of {folder.name}"
    space = api.read("v1/Namespace", team.namespace) or {"metadata": {}}
    if queues.selects(queue["spec"].get("namespaceSelector"), space["metadata"].get("labels") or {}):
        return "", ""
    return (f"ClusterQueue {written.name} does not select namespace {team.namespace}, in which the work of {team.name} "
            f"would be submitted",
            f"let its namespaceSelector take {team.namespace} too, or give --allow-changes the prefix of the team's "
            f"own namespace")


# -- others ---------------------------------------------------------------------------------------------


def gpus_of_others(api: Api, folder: PlatformFolder, behaviour: Behaviour, component: Component, team: Team | None,
                   ) -> dict[str, int]:
    """Return the GPUs that are reserved in the queues that a behaviour needs to itself, by queue; ours not running."""
    if not behaviour.alone:
        return {}
    concerned = _concerned(folder, behaviour, component, team)
    found: dict[str, int] = {}
    for one in concerned:
        written = promises.cluster_queue_of(one, folder)
        if written and (queue := api.read(CLUSTER_QUEUE, written.name)):
            found[f"ClusterQueue {written.name}"] = reserved(queue)
        elif one.component == "volcano" and (queue := api.read(VOLCANO_QUEUE, one.queue)):
            held = ((queue.get("status") or {}).get("allocated") or {}).get(GPU_RESOURCE, 0)
            found[f"Queue {one.queue}"] = quantity.devices(held)
    return {name: gpus for name, gpus in found.items() if gpus}


def reserved(queue: Mapping[str, Any]) -> int:
    """Return the GPUs that a live ClusterQueue has given away."""
    status = queue.get("status") or {}
    return sum(quantity.devices(resource.get("total", 0)) for flavor in status.get("flavorsReservation") or ()
               for resource in flavor.get("resources") or () if resource.get("name") == GPU_RESOURCE)
