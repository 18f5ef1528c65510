"""A platform folder on a cluster that is not ours: where its teams work there, and what may be checked.

Promises name the owner's namespaces. A run stays out of them, unless their names begin with the prefix that it was
allowed: for each of the others it has a namespace of its own, with the same labels, and a LocalQueue that leads to the
ClusterQueue of the team. Whether that ClusterQueue selects such a namespace is the owner's to say, and is looked at.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from conformance import catalog
from conformance.clusters import Cluster, Say, existing
from conformance.clusters.existing import ExistingCluster
from conformance.errors import Disabled, SeatrialError, Unsupported, UsageError
from conformance.folder import promises
from conformance.kube.api import Api
from conformance.model.behaviour import Behaviour
from conformance.model.component import Component, LiveQueues
from conformance.model.folder import Manifest, PlatformFolder
from conformance.model.permit import Disturbance, Permit
from conformance.model.promise import Team

LONGEST_NAME = 63


def live(team: Team) -> LiveQueues:
    """Return the queues, on a live cluster, of the component that serves a team. Raises SeatrialError for none."""
    found = catalog.components()[team.component].live
    if found is None:
        raise SeatrialError(f"{team.component} holds no queues, and team {team.name} is to be served by it")
    return found


def live_queues(folder: PlatformFolder) -> list[LiveQueues]:
    """Return the queues, on a live cluster, of all components of a folder that hold any."""
    return [queues for spec in folder.components if (queues := catalog.components()[spec.name].live)]


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
            live(team).open_to(cluster.api, team, permit.namespace(team.namespace))
    except BaseException:
        cluster.close()
        raise
    say(f"at work in {', '.join(spaces)}")
    return cluster


# -- what may be checked ----------------------------------------------------------------------------


def needed_objects(behaviour: Behaviour, component: Component | None, permit: Permit) -> list[str]:
    """Return the objects without a namespace that a behaviour makes for a component, as `Kind/name`."""
    kind = component.priority_kind.rpartition("/")[2] if component else ""
    found = [f"{kind}/{priority_name(permit, value)}" for value in behaviour.priorities if kind]
    for one in behaviour.cluster_objects(component) if component else ():
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
    if team and component.live:
        managed, by = component.live.manages(cluster.api, team.namespace)
        if not managed:
            raise Unsupported(f"{by} does not select namespace {team.namespace}")
    for queues in live_queues(folder) if Disturbance.NODES in behaviour.disturbs else ():
        held_back, why = queues.holds_pods_back(cluster.api, permit.home)
        if held_back:
            raise Unsupported(why)
    if not behaviour.alone and Disturbance.COHORT not in behaviour.disturbs:
        return
    for one in _concerned(folder, behaviour, component, team):
        why, way_out = live(one).closed(cluster.api, folder, one)
        if why:
            raise Unsupported(f"{why} (way out: {way_out})")


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
    return [first, *promises.sharing_with(first, folder)]


# -- others ---------------------------------------------------------------------------------------------


def gpus_of_others(api: Api, folder: PlatformFolder, behaviour: Behaviour, component: Component, team: Team | None,
                   ) -> dict[str, int]:
    """Return the GPUs that are reserved in the queues that a behaviour needs to itself, by queue; ours not running."""
    if not behaviour.alone:
        return {}
    concerned = _concerned(folder, behaviour, component, team)
    found: dict[str, int] = {}
    for one in concerned:
        name, gpus = live(one).reserved(api, folder, one)
        found[name] = gpus
    return {name: gpus for name, gpus in found.items() if gpus}
