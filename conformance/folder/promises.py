"""Promises of a platform folder, drafted ones where it has none, and what the manifests make of a team."""

import dataclasses
import io
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML

from conformance.errors import UsageError
from conformance.folder import queues
from conformance.kube import yaml
from conformance.model import quantity
from conformance.model.folder import ClusterQueue, PlatformFolder, Step, VolcanoQueue
from conformance.model.promise import Promises, Team

DRAFTED_BACK_WITHIN_S = 60
"""Manifests say that GPUs are given back, never how soon: a minute leaves pods time to end in order."""
KUEUES_TIMEOUT = "5m"
"""What waitForPodsReady waits when it does not say."""
NEVER = "Never"
"""Kueue's word for a preemption policy that takes nothing."""


@dataclass(frozen=True, kw_only=True)
class VolcanoConf:
    """What `scheduler_conf` says about who may take what."""

    actions: frozenset[str]
    plugins: frozenset[str]


def promised(folder: PlatformFolder) -> Promises:
    """Return the promises of the folder, or drafted ones when it has none."""
    return folder.promises or draft(folder)


def draft(folder: PlatformFolder) -> Promises:
    """Return promises that say what the manifests already do, one team for each queue that can be used.

    Several LocalQueues of one ClusterQueue share its GPUs, so the team goes by the name of the ClusterQueue
    and submits to the first of them.
    """
    return Promises(teams=(*_kueue_teams(folder), *_volcano_teams(folder)), confirmed_by=None)


def as_yaml(promises: Promises) -> str:
    """Return the `promises` section of a `platform.yaml`, ready to be pasted and corrected."""
    section = {"promises": {
        "confirmed_by": promises.confirmed_by,
        "teams": [{key: value for key, value in dataclasses.asdict(team).items() if value is not None}
                  for team in promises.teams],
    }}
    yaml, text = YAML(), io.StringIO()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(section, text)
    # An empty value would read like something forgotten.
    return text.getvalue().replace("confirmed_by:\n", "confirmed_by: null\n")


def cluster_queue_of(team: Team, folder: PlatformFolder) -> ClusterQueue | None:
    """Return the ClusterQueue behind a team's LocalQueue, or None when Kueue does not serve the team."""
    if team.component != "kueue":
        return None
    door = next((queue for queue in queues.local_queues(folder.manifests)
                 if (queue.namespace, queue.name) == (team.namespace, team.queue)), None)
    return next((queue for queue in queues.cluster_queues(folder.manifests)
                 if door and queue.name == door.cluster_queue), None)


def volcano_queue_of(team: Team, folder: PlatformFolder) -> VolcanoQueue | None:
    """Return the Volcano Queue of a team, or None when it is not Volcano's or not in the manifests."""
    return next((queue for queue in queues.volcano_queues(folder.manifests)
                 if team.component == "volcano" and queue.name == team.queue), None)


def volcano_conf(folder: PlatformFolder) -> VolcanoConf | None:
    """Return what the scheduler is told, or None when the folder leaves it to Seatrial's default."""
    volcano = folder.component("volcano")
    conf = volcano.settings.get("scheduler_conf") if volcano else None
    if conf is None:
        return None
    if isinstance(conf, str):
        conf = yaml.parse(conf, folder.path / "platform.yaml")[0].data
    return VolcanoConf(
        actions=frozenset(action.strip() for action in str(conf["actions"]).split(",")),
        plugins=frozenset(str(plugin["name"]) for tier in conf["tiers"] for plugin in tier["plugins"]))


def lends(queue: ClusterQueue) -> int:
    """Return how many of its GPUs a ClusterQueue lends when it is idle."""
    if not queue.cohort:
        return 0
    limit = queue.quota.lending_limit
    return queue.quota.nominal if limit is None else min(limit, queue.quota.nominal)


def owns(queue: VolcanoQueue, conf: VolcanoConf | None) -> int | None:
    """Return the GPUs that a Volcano queue has or gets back; None when the manifests do not say.

    `deserved` counts only where the capacity plugin reads it and reclaim brings it back.
    """
    comes_back = conf is None or ("capacity" in conf.plugins and "reclaim" in conf.actions)
    if queue.deserved is None or not comes_back:
        return queue.guarantee
    return max(queue.deserved, queue.guarantee or 0)


def who_preempts(queue: ClusterQueue, folder: PlatformFolder) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield who may stop running work of a ClusterQueue: why, and the part of the object that allows it."""
    if queue.within_cluster_queue != NEVER:
        yield (f"withinClusterQueue is {queue.within_cluster_queue}: its own queue takes from it",
               ("spec", "preemption", "withinClusterQueue"))
    # Only what stands above the nominal quota can be reclaimed.
    takers = [other.name for other in queues.relatives(queue, folder.manifests)
              if other.reclaim_within_cohort != NEVER]
    if takers and queues.borrowable(queue, folder.manifests):
        yield (f"it can borrow, and then {', '.join(takers)} may reclaim from it",
               (*queue.quota.flavors[0].path, "borrowingLimit"))


def who_preempts_volcano(queue: VolcanoQueue, conf: VolcanoConf | None) -> Iterator[str]:
    """Yield why running work of a Volcano queue may be stopped; nothing when the configuration is unknown."""
    if conf and "preempt" in conf.actions:
        yield "preempt is among the actions: its own queue takes from it"
    above = queue.capability is None or queue.capability > (queue.deserved or 0)
    if conf and "reclaim" in conf.actions and queue.reclaimable and above:
        yield "it can hold more than it deserves, and reclaim is among the actions"


def starts_gangs(queue: ClusterQueue, folder: PlatformFolder) -> bool:
    """Whether half a job of a ClusterQueue cannot stay: pods are waited for, or placed before admission."""
    kueue = folder.component("kueue")
    return bool(kueue and kueue.settings.get("waitForPodsReady")) or _placed(queue, folder)


def half_gang_lasts_s(team: Team, folder: PlatformFolder) -> float:
    """Return for how many seconds the manifests let half a gang of a team hold GPUs.

    0 where the pods of a gang are bound all or none, and where nothing is said: then the promise counts.
    Raises UsageError when `timeout` of Kueue's waitForPodsReady is no duration.
    """
    queue = cluster_queue_of(team, folder)
    spec = folder.component(team.component)
    waits = spec.settings.get("waitForPodsReady") if spec else None
    # With a topology Kueue looks for a place for every pod before it lets any start.
    if queue is None or not waits or _placed(queue, folder):
        return 0
    try:
        return quantity.seconds(waits.get("timeout", KUEUES_TIMEOUT))
    except ValueError as error:
        raise UsageError(f"{folder.name}: waitForPodsReady: timeout: {error}") from None


def _placed(queue: ClusterQueue, folder: PlatformFolder) -> bool:
    placed = queues.topologies(folder.manifests)
    return all(flavor.flavor in placed for flavor in queue.quota.flavors)


def _kueue_teams(folder: PlatformFolder) -> Iterator[Team]:
    doors = queues.local_queues(folder.manifests)
    for queue in queues.cluster_queues(folder.manifests):
        door = next((door for door in doors if door.cluster_queue == queue.name), None)
        if door and queue.quota.covers_gpus:
            yield Team(
                name=queue.name, namespace=door.namespace, queue=door.name, component="kueue",
                guaranteed_gpus=queue.quota.nominal,
                back_within_s=DRAFTED_BACK_WITHIN_S if queue.reclaim_within_cohort != NEVER else None,
                may_borrow_gpus=queues.borrowable(queue, folder.manifests),
                lends_at_most_gpus=lends(queue) if queue.cohort else None,
                never_preempted=not list(who_preempts(queue, folder)),
                starts_as_gang=starts_gangs(queue, folder) or None,
                stays_in_one=_innermost_level(queue, folder))


def _volcano_teams(folder: PlatformFolder) -> Iterator[Team]:
    conf = volcano_conf(folder)
    tiers = [queues.tier_name(found) for found in queues.hypernode_tiers(folder.manifests).values()]
    for queue in queues.volcano_queues(folder.manifests):
        own = owns(queue, conf)
        yield Team(
            name=queue.name, namespace="default", queue=queue.name, component="volcano",
            guaranteed_gpus=own,
            back_within_s=DRAFTED_BACK_WITHIN_S if conf and "reclaim" in conf.actions and own else None,
            may_borrow_gpus=None if queue.capability is None else max(0, queue.capability - (own or 0)),
            never_preempted=not list(who_preempts_volcano(queue, conf)) if conf else None,
            starts_as_gang=True if conf and "gang" in conf.plugins else None,
            stays_in_one=tiers[0] if tiers and conf and "network-topology-aware" in conf.plugins else None)


def _innermost_level(queue: ClusterQueue, folder: PlatformFolder) -> str | None:
    """The smallest part of the network that is more than one machine and known to all flavors."""
    topologies = queues.topologies(folder.manifests)
    known = [topologies[flavor.flavor].levels if flavor.flavor in topologies else ()
             for flavor in queue.quota.flavors]
    shared = [level for level in known[0] if all(level in levels for levels in known)]
    wider = [level for level in shared if level != "hostname"]
    return next(reversed(wider or shared), None)
