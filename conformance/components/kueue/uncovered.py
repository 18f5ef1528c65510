"""Limits in Kueue's objects and configuration that no promise covers."""

from collections.abc import Iterator, Sequence

from conformance.components.kueue.cohorts import cohorts_above
from conformance.components.kueue.manifests import (
    NEVER,
    ClusterQueue,
    cluster_queue_of,
    cluster_queues,
    cohorts,
    topologies,
)
from conformance.components.kueue.quota import KUEUE
from conformance.components.manifests import Limit, any_says
from conformance.components.manifests import uncovered as lines
from conformance.model.folder import PlatformFolder
from conformance.model.promise import Team

_Behind = list[tuple[Team, ClusterQueue]]


def uncovered(teams: Sequence[Team], folder: PlatformFolder) -> Iterator[str]:
    """Yield a line for each limit that no promise to these teams of Kueue's covers: place, object, limit."""
    behind = [(team, queue) for team in teams if (queue := cluster_queue_of(team, folder))]
    yield from _cluster_queues(folder, behind)
    yield from _cohorts(folder, behind)
    yield from _topologies(folder, behind)
    yield from _waiting(folder, behind)


def _cluster_queues(folder: PlatformFolder, behind: _Behind) -> Iterator[str]:
    for queue in cluster_queues(folder.manifests):
        teams = [team for team, served in behind if served.name == queue.name]
        yield from lines(queue.manifest, (*_quota_limits(queue), *_preemption_limits(queue)), teams)


def _quota_limits(queue: ClusterQueue) -> Iterator[Limit]:
    for flavor in queue.quota.flavors:
        for name, gpus, promise in (("nominalQuota", flavor.nominal, "guaranteed_gpus"),
                                    ("borrowingLimit", flavor.borrowing_limit, "may_borrow_gpus"),
                                    ("lendingLimit", flavor.lending_limit, "lends_at_most_gpus")):
            if gpus is not None:
                yield (*flavor.path, name), f"{name} {gpus} (flavor {flavor.flavor})", promise


def _preemption_limits(queue: ClusterQueue) -> Iterator[Limit]:
    written = queue.manifest.spec.get("preemption") or {}
    for name, policy, promise in (("reclaimWithinCohort", queue.reclaim_within_cohort, "back_within_s"),
                                  ("withinClusterQueue", queue.within_cluster_queue, "never_preempted"),
                                  ("borrowWithinCohort", queue.borrow_within_cohort, "")):
        # A policy of Never takes from nobody; only within the queue does it keep the owner's own work safe.
        if name in written and (policy != NEVER or name == "withinClusterQueue"):
            yield ("spec", "preemption", name), f"{name} {policy}", promise


def _cohorts(folder: PlatformFolder, behind: _Behind) -> Iterator[str]:
    for cohort in cohorts(folder.manifests):
        if cohort.manifest:
            teams = [team for team, served in behind
                     if cohort in cohorts_above(served, folder.manifests)]
            # What the cohort adds, and what passes between cohorts, is there to be borrowed.
            limits = [((*flavor.path, name), f"{name} {gpus} (flavor {flavor.flavor})", "may_borrow_gpus")
                      for flavor in cohort.quota.flavors
                      for name, gpus in (("nominalQuota", flavor.nominal),
                                         ("borrowingLimit", flavor.borrowing_limit),
                                         ("lendingLimit", flavor.lending_limit)) if gpus is not None]
            yield from lines(cohort.manifest, limits, teams)


def _topologies(folder: PlatformFolder, behind: _Behind) -> Iterator[str]:
    by_flavor = topologies(folder.manifests)
    for topology in {found.name: found for found in by_flavor.values()}.values():
        flavors = {flavor for flavor, found in by_flavor.items() if found.name == topology.name}
        teams = [team for team, served in behind
                 if any(found.flavor in flavors for found in served.quota.flavors)]
        limit = ("spec", "levels"), f"levels {', '.join(topology.levels)}", "stays_in_one"
        yield from lines(topology.manifest, [limit], teams)


def _waiting(folder: PlatformFolder, behind: _Behind) -> Iterator[str]:
    for index, component in enumerate(folder.components):
        if component.name == KUEUE and component.settings.get("waitForPodsReady") \
                and not any_says((team for team, _ in behind), "starts_as_gang"):
            where = folder.where("components", index, "settings", "waitForPodsReady")
            yield f"{where}: component kueue: waitForPodsReady: no promise covers it"
