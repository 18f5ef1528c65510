"""Promises that Kueue's objects as written cannot keep."""

from collections.abc import Iterator, Sequence

from conformance.components.kueue.cohorts import borrowable, relatives, tree_quota
from conformance.components.kueue.manifests import (
    NEVER,
    ClusterQueue,
    cluster_queue_of,
    cluster_queues,
    topologies,
)
from conformance.components.kueue.quota import lends, starts_gangs, who_preempts, who_stops_nobody
from conformance.components.manifests import Broken, labels_of
from conformance.model.folder import PlatformFolder
from conformance.model.promise import Team
from conformance.model.selector import selects


def contradictions(teams: Sequence[Team], folder: PlatformFolder) -> Iterator[str]:
    """Yield a line for each promise to a team of Kueue's that the manifests cannot keep, naming place and queue."""
    for team in teams:
        if queue := cluster_queue_of(team, folder):
            guaranteed = sum(sharer.guaranteed_gpus or 0 for sharer in _sharers(queue, teams, folder))
            for path, message in _broken(team, queue, folder, guaranteed):
                yield f"{queue.manifest.where(*path)}: ClusterQueue {queue.name}: team {team.name} {message}"
    yield from _shared_queues(teams, folder)


def _broken(team: Team, queue: ClusterQueue, folder: PlatformFolder, guaranteed: int) -> Iterator[Broken]:
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
    elif team.never_preempted is False:
        for reason, path in who_stops_nobody(queue, folder):
            yield path, f"gives way to more urgent work of its own, but {reason}"
    if team.starts_as_gang and not starts_gangs(queue, folder):
        yield queue.quota.flavors[0].path, (
            "starts its jobs as gangs, but component kueue has no waitForPodsReady and a flavor has no "
            "topology: half a job may stay for ever")
    if team.stays_in_one:
        yield from _broken_topology(team.stays_in_one, queue, folder)
    if not selects(queue.namespace_selector, labels_of(team.namespace, folder.manifests)):
        yield ("spec", "namespaceSelector"), (
            f"works in namespace {team.namespace}, which namespaceSelector does not select")


def _broken_quota(team: Team, queue: ClusterQueue) -> Iterator[Broken]:
    quota, path = queue.quota, queue.quota.flavors[0].path
    if team.guaranteed_gpus is not None and team.guaranteed_gpus > quota.nominal:
        yield (*path, "nominalQuota"), (
            f"is guaranteed {team.guaranteed_gpus} GPUs, but nominalQuota is {quota.nominal}")
    if team.lends_at_most_gpus is not None and lends(queue) > team.lends_at_most_gpus:
        limit = "no" if quota.lending_limit is None else f"{quota.lending_limit} as"
        yield (*path, "lendingLimit"), (f"lends at most {team.lends_at_most_gpus} GPUs, but the queue has "
                                        f"{limit} lendingLimit and lends {lends(queue)}")


def _broken_ceiling(may: int, queue: ClusterQueue, folder: PlatformFolder,
                    guaranteed: int) -> Iterator[Broken]:
    quota, path = queue.quota, queue.quota.flavors[0].path
    can = borrowable(queue, folder.manifests)
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
    others = relatives(queue, folder.manifests)
    borrowed = sum(borrowable(other, folder.manifests) for other in others)
    held = borrowed + sum(other.quota.nominal for other in others)
    left = tree_quota(queue, folder.manifests) - held
    return borrowed > 0 and lends(queue) > 0 and left < queue.quota.nominal


def _broken_topology(level: str, queue: ClusterQueue, folder: PlatformFolder) -> Iterator[Broken]:
    placing = topologies(folder.manifests)
    for flavor in queue.quota.flavors:
        topology = placing.get(flavor.flavor)
        if not topology:
            yield flavor.path, f"stays in one {level}, but flavor {flavor.flavor} has no topology"
        elif level not in topology.levels:
            yield flavor.path, (f"stays in one {level}, but Topology {topology.name} has the levels "
                                f"{', '.join(topology.levels)}")


def _shared_queues(teams: Sequence[Team], folder: PlatformFolder) -> Iterator[str]:
    for queue in cluster_queues(folder.manifests):
        sharers = _sharers(queue, teams, folder)
        guaranteed = sum(team.guaranteed_gpus or 0 for team in sharers)
        if len(sharers) > 1 and guaranteed > queue.quota.nominal:
            names = ", ".join(team.name for team in sharers)
            yield (f"{queue.manifest.where('spec')}: ClusterQueue {queue.name}: teams {names} share it and "
                   f"are guaranteed {guaranteed} GPUs together, but nominalQuota is {queue.quota.nominal}")


def _sharers(queue: ClusterQueue, teams: Sequence[Team], folder: PlatformFolder) -> list[Team]:
    """The teams that are guaranteed GPUs of one ClusterQueue."""
    return [team for team in teams if team.guaranteed_gpus is not None
            and (served := cluster_queue_of(team, folder)) and served.name == queue.name]
