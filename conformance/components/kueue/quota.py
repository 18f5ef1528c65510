"""What a ClusterQueue does for its team: what it lends, who preempts it, whether half a gang can stay."""

from collections.abc import Iterator

from conformance.components.kueue.cohorts import borrowable, cohorts_above, relatives
from conformance.components.kueue.manifests import NEVER, ClusterQueue, topologies
from conformance.model.folder import PlatformFolder, Step

KUEUE = "kueue"
"""What `platform.yaml` calls it."""


def lends(queue: ClusterQueue) -> int:
    """Return how many of its GPUs a ClusterQueue lends when it is idle."""
    if not queue.cohort:
        return 0
    limit = queue.quota.lending_limit
    return queue.quota.nominal if limit is None else min(limit, queue.quota.nominal)


def who_preempts(queue: ClusterQueue, folder: PlatformFolder) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield who may stop running work of a ClusterQueue: why, and the part of the object that allows it."""
    if queue.within_cluster_queue != NEVER:
        yield (f"withinClusterQueue is {queue.within_cluster_queue}: its own queue takes from it",
               ("spec", "preemption", "withinClusterQueue"))
    # Only what stands above the nominal quota can be reclaimed.
    takers = [other.name for other in relatives(queue, folder.manifests)
              if other.reclaim_within_cohort != NEVER]
    if takers and borrowable(queue, folder.manifests):
        yield (f"it can borrow, and then {', '.join(takers)} may reclaim from it",
               (*queue.quota.flavors[0].path, "borrowingLimit"))


def who_stops_nobody(queue: ClusterQueue, folder: PlatformFolder) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield why urgent work of a ClusterQueue stops none of its less urgent work, and the part that says so.

    Kueue v0.19.2, pkg/scheduler/flavorassigner/flavorassigner.go (fitsResourceQuota, canPreemptWhileBorrowing): what
    does not fit into the nominal quota preempts only while it may borrow by that, or where a cohort above has a parent.
    """
    if queue.within_cluster_queue == NEVER:
        yield "withinClusterQueue is Never", ("spec", "preemption", "withinClusterQueue")
        return
    kueue = folder.component(KUEUE)
    is_fair = bool(kueue and kueue.settings.get("fairSharing")) and queue.reclaim_within_cohort != NEVER
    preempts_while_borrowing = queue.borrow_within_cohort != NEVER or is_fair
    if not queue.quota.nominal and not preempts_while_borrowing and len(cohorts_above(queue, folder.manifests)) < 2:
        yield ("nominalQuota is 0 and borrowWithinCohort is not set: what does not fit into the nominal quota stops "
               "nobody", (*queue.quota.flavors[0].path, "nominalQuota"))


def starts_gangs(queue: ClusterQueue, folder: PlatformFolder) -> bool:
    """Whether half a job of a ClusterQueue cannot stay: pods are waited for, or placed before admission."""
    kueue = folder.component(KUEUE)
    return bool(kueue and kueue.settings.get("waitForPodsReady")) or placed(queue, folder)


def placed(queue: ClusterQueue, folder: PlatformFolder) -> bool:
    """Whether all flavors of a ClusterQueue have a topology: Kueue then finds a place for every pod beforehand."""
    known = topologies(folder.manifests)
    return all(flavor.flavor in known for flavor in queue.quota.flavors)


def innermost_level(queue: ClusterQueue, folder: PlatformFolder) -> str | None:
    """Return the smallest part of the network that is more than one machine and known to all flavors."""
    placing = topologies(folder.manifests)
    known = [placing[flavor.flavor].levels if flavor.flavor in placing else () for flavor in queue.quota.flavors]
    shared = [level for level in known[0] if all(level in levels for levels in known)]
    wider = [level for level in shared if level != "hostname"]
    return next(reversed(wider or shared), None)
