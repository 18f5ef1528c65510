"""Promises that the manifests as written cannot keep: found as text, before anything runs.

The behaviours prove the same on a live platform by themselves; nothing here decides a verdict.
"""

from collections.abc import Iterator
from typing import Any

from conformance.folder import queues
from conformance.folder.promises import (
    NEVER,
    VolcanoConf,
    cluster_queue_of,
    lends,
    owns,
    promised,
    starts_gangs,
    volcano_conf,
    volcano_queue_of,
    who_preempts,
    who_preempts_volcano,
)
from conformance.model.folder import ClusterQueue, Cohort, PlatformFolder, Step, VolcanoQueue
from conformance.model.promise import Team

_Broken = tuple[tuple[Step, ...], str]
"""Where in the queue's manifest, and what cannot be kept: a sentence that begins with the team."""


def contradictions(folder: PlatformFolder) -> tuple[str, ...]:
    """Return a line for each promise that the manifests as written cannot keep, naming place and queue.

    Says only what is certain from the text: a limit that is missing or of another size, a way back that is
    switched off. Silence is no proof.
    """
    teams = promised(folder).teams
    found: list[str] = []
    for team in teams:
        queue = cluster_queue_of(team, folder)
        if queue:
            guaranteed = sum(sharer.guaranteed_gpus or 0 for sharer in _sharers(queue, teams, folder))
            found += (f"{queue.manifest.where(*path)}: ClusterQueue {queue.name}: team {team.name} {message}"
                      for path, message in _broken_by_kueue(team, queue, folder, guaranteed))
        elif team.component == "volcano":
            found += _broken_by_volcano(team, folder)
    return (*found, *_shared_queues(teams, folder), *_more_than_there_is(teams, folder))


def _broken_by_kueue(team: Team, queue: ClusterQueue, folder: PlatformFolder,
                     guaranteed: int) -> Iterator[_Broken]:
    if not queue.quota.covers_gpus:
        yield ("spec",), "gets no GPUs: the queue has no quota of nvidia.com/gpu"
        return
    yield from _broken_quota(team, queue)
    if team.may_borrow_gpus is not None:
        yield from _broken_ceiling(team.may_borrow_gpus, queue, folder, guaranteed)
    never_back = queue.reclaim_within_cohort == NEVER and _can_be_short(queue, folder)
    if team.back_within_s is not None and never_back:
        yield ("spec", "preemption", "reclaimWithinCohort"), (
            f"gets its GPUs back within {team.back_within_s} s, but reclaimWithinCohort is Never: "
            "what others borrowed comes back when their work ends by itself")
    if team.never_preempted:
        for reason, path in who_preempts(queue, folder):
            yield path, f"is never preempted, but {reason}"
    if team.starts_as_gang and not starts_gangs(queue, folder):
        yield queue.quota.flavors[0].path, (
            "starts its jobs as gangs, but component kueue has no waitForPodsReady and a flavor has no "
            "topology: half a job may stay for ever")
    if team.stays_in_one:
        yield from _broken_topology(team.stays_in_one, queue, folder)
    if not queues.selects(queue.namespace_selector, _labels(team.namespace, folder)):
        yield ("spec", "namespaceSelector"), (
            f"works in namespace {team.namespace}, which namespaceSelector does not select")


def _broken_quota(team: Team, queue: ClusterQueue) -> Iterator[_Broken]:
    quota, path = queue.quota, queue.quota.flavors[0].path
    if team.guaranteed_gpus is not None and team.guaranteed_gpus > quota.nominal:
        yield (*path, "nominalQuota"), (
            f"is guaranteed {team.guaranteed_gpus} GPUs, but nominalQuota is {quota.nominal}")
    if team.lends_at_most_gpus is not None and lends(queue) > team.lends_at_most_gpus:
        limit = "no" if quota.lending_limit is None else f"{quota.lending_limit} as"
        yield (*path, "lendingLimit"), (f"lends at most {team.lends_at_most_gpus} GPUs, but the queue has "
                                        f"{limit} lendingLimit and lends {lends(queue)}")


def _broken_ceiling(may: int, queue: ClusterQueue, folder: PlatformFolder,
                    guaranteed: int) -> Iterator[_Broken]:
    quota, path = queue.quota, queue.quota.flavors[0].path
    can = queues.borrowable(queue, folder.manifests)
    if can > may:
        limit = "no" if quota.borrowing_limit is None else f"{quota.borrowing_limit} as"
        yield (*path, "borrowingLimit"), (f"may borrow {may} GPUs, but the queue has {limit} borrowingLimit "
                                          f"and can borrow {can}")
    elif can < may:
        reason = "is in no cohort" if not queue.cohort else (
            f"has {can} as borrowingLimit" if quota.borrowing_limit == can
            else f"finds only {can} that the others of cohort {queue.cohort} lend")
        yield (*path, "borrowingLimit"), f"may borrow {may} GPUs, but the queue {reason}"
    if 0 < guaranteed < quota.nominal:
        yield (*path, "nominalQuota"), (
            f"may borrow {may} GPUs above {guaranteed} guaranteed ones, but nominalQuota is {quota.nominal}: "
            f"it can hold {quota.nominal + can}")


def _can_be_short(queue: ClusterQueue, folder: PlatformFolder) -> bool:
    """Whether others can hold so much that less than the nominal quota is left."""
    others = queues.relatives(queue, folder.manifests)
    borrowed = sum(queues.borrowable(other, folder.manifests) for other in others)
    held = borrowed + sum(other.quota.nominal for other in others)
    left = queues.tree_quota(queue, folder.manifests) - held
    return borrowed > 0 and lends(queue) > 0 and left < queue.quota.nominal


def _broken_topology(level: str, queue: ClusterQueue, folder: PlatformFolder) -> Iterator[_Broken]:
    topologies = queues.topologies(folder.manifests)
    for flavor in queue.quota.flavors:
        topology = topologies.get(flavor.flavor)
        if not topology:
            yield flavor.path, f"stays in one {level}, but flavor {flavor.flavor} has no topology"
        elif level not in topology.levels:
            yield flavor.path, (f"stays in one {level}, but Topology {topology.name} has the levels "
                                f"{', '.join(topology.levels)}")


def _broken_by_volcano(team: Team, folder: PlatformFolder) -> Iterator[str]:
    conf, queue = volcano_conf(folder), volcano_queue_of(team, folder)
    if queue:
        yield from (f"{queue.manifest.where(*path)}: Queue {queue.name}: team {team.name} {message}"
                    for path, message in _broken_by_queue(team, queue, conf))
    index = [component.name for component in folder.components].index("volcano")
    where = folder.where("components", index, "settings", "scheduler_conf")
    yield from (f"{where}: Queue {team.queue}: team {team.name} {message}"
                for message in _broken_by_scheduler(team, folder, conf))


def _broken_by_queue(team: Team, queue: VolcanoQueue, conf: VolcanoConf | None) -> Iterator[_Broken]:
    own, kept = owns(queue, conf) or 0, queue.guarantee or 0
    if team.guaranteed_gpus is not None and team.guaranteed_gpus > own:
        yield ("spec", "deserved"), (f"is guaranteed {team.guaranteed_gpus} GPUs, but the queue only ever "
                                     f"gets {own} back (deserved {queue.deserved or 0}, guarantee {kept})")
    if team.may_borrow_gpus is not None:
        base = own if team.guaranteed_gpus is None else team.guaranteed_gpus
        if queue.capability != base + team.may_borrow_gpus:
            limit = "not set" if queue.capability is None else str(queue.capability)
            yield ("spec", "capability"), (
                f"owns {base} GPUs and may borrow {team.may_borrow_gpus}, but capability is {limit}")
    if team.lends_at_most_gpus is not None and own - kept > team.lends_at_most_gpus:
        yield ("spec", "guarantee"), (f"lends at most {team.lends_at_most_gpus} GPUs, but the queue lends "
                                      f"all above its guarantee of {kept}")
    if team.never_preempted:
        for reason in who_preempts_volcano(queue, conf):
            yield ("spec", "reclaimable"), f"is never preempted, but {reason}"


def _broken_by_scheduler(team: Team, folder: PlatformFolder, conf: VolcanoConf | None) -> Iterator[str]:
    if conf and team.back_within_s is not None and "reclaim" not in conf.actions:
        yield f"gets its GPUs back within {team.back_within_s} s, but reclaim is not among the actions"
    if conf and team.starts_as_gang and "gang" not in conf.plugins:
        yield "starts its jobs as gangs, but the plugin gang is not on"
    if team.stays_in_one:
        tiers = [queues.tier_name(found) for found in queues.hypernode_tiers(folder.manifests).values()]
        if team.stays_in_one not in tiers:
            yield (f"stays in one {team.stays_in_one}, but the HyperNodes have the tiers "
                   f"{', '.join(tiers) or 'none'}")
        if conf and "network-topology-aware" not in conf.plugins:
            yield f"stays in one {team.stays_in_one}, but the plugin network-topology-aware is not on"


def _shared_queues(teams: tuple[Team, ...], folder: PlatformFolder) -> Iterator[str]:
    for queue in queues.cluster_queues(folder.manifests):
        sharers = _sharers(queue, teams, folder)
        guaranteed = sum(team.guaranteed_gpus or 0 for team in sharers)
        if len(sharers) > 1 and guaranteed > queue.quota.nominal:
            names = ", ".join(team.name for team in sharers)
            yield (f"{queue.manifest.where('spec')}: ClusterQueue {queue.name}: teams {names} share it and "
                   f"are guaranteed {guaranteed} GPUs together, but nominalQuota is {queue.quota.nominal}")


def _sharers(queue: ClusterQueue, teams: tuple[Team, ...], folder: PlatformFolder) -> list[Team]:
    """The teams that are guaranteed GPUs of one ClusterQueue."""
    return [team for team in teams if team.guaranteed_gpus is not None
            and (served := cluster_queue_of(team, folder)) and served.name == queue.name]


def _more_than_there_is(teams: tuple[Team, ...], folder: PlatformFolder) -> Iterator[str]:
    if folder.gpus is None:
        return
    guaranteed = sum(team.guaranteed_gpus or 0 for team in teams)
    if guaranteed > folder.gpus:
        served = [cluster_queue_of(team, folder) or volcano_queue_of(team, folder)
                  for team in teams if team.guaranteed_gpus]
        names = sorted({f"{queue.manifest.kind} {queue.name}" for queue in served if queue})
        yield (f"{folder.where('nodes')}: the nodes have {folder.gpus} GPUs, but {guaranteed} are guaranteed "
               f"to the teams of {', '.join(names)}")
    holders: list[ClusterQueue | Cohort] = [*queues.cluster_queues(folder.manifests),
                                            *queues.cohorts(folder.manifests)]
    handed_out = sum(holder.quota.nominal for holder in holders)
    if guaranteed and handed_out > folder.gpus:
        names = [f"{type(holder).__name__} {holder.name}" for holder in holders if holder.quota.nominal]
        yield (f"{folder.where('nodes')}: the nodes have {folder.gpus} GPUs, but {', '.join(names)} together "
               f"hand out {handed_out}: work is admitted for which there are none")


def _labels(namespace: str, folder: PlatformFolder) -> dict[str, Any]:
    written = next((manifest.object["metadata"].get("labels") or {}
                    for manifest in queues.of_kind(folder.manifests, "", "Namespace")
                    if manifest.name == namespace), {})
    return {**written, "kubernetes.io/metadata.name": namespace}
