"""Limits in the manifests that no promise covers: nobody has said what they are for."""

from collections.abc import Iterable, Iterator

from conformance.folder import queues
from conformance.folder.promises import NEVER, cluster_queue_of, promised
from conformance.model.folder import ClusterQueue, Manifest, PlatformFolder, Step
from conformance.model.promise import Team

_Limit = tuple[tuple[Step, ...], str, str]
"""Where in the object it is, what it says, and the promise that would cover it (empty: none would)."""


def uncovered_limits(folder: PlatformFolder) -> tuple[str, ...]:
    """Return a line for each limit in manifests and settings that no promise covers: place, object, limit."""
    teams = promised(folder).teams
    behind = [(team, queue) for team in teams if (queue := cluster_queue_of(team, folder))]
    of_volcano = [team for team in teams if team.component == "volcano"]
    return (*_cluster_queues(folder, behind), *_cohorts(folder, behind), *_topologies(folder, behind),
            *_waiting(folder, behind), *_volcano(folder, of_volcano))


_Behind = list[tuple[Team, ClusterQueue]]


def _cluster_queues(folder: PlatformFolder, behind: _Behind) -> Iterator[str]:
    for queue in queues.cluster_queues(folder.manifests):
        teams = [team for team, served in behind if served.name == queue.name]
        yield from _lines(queue.manifest, (*_quota_limits(queue), *_preemption_limits(queue)), teams)


def _quota_limits(queue: ClusterQueue) -> Iterator[_Limit]:
    for flavor in queue.quota.flavors:
        for name, gpus, promise in (("nominalQuota", flavor.nominal, "guaranteed_gpus"),
                                    ("borrowingLimit", flavor.borrowing_limit, "may_borrow_gpus"),
                                    ("lendingLimit", flavor.lending_limit, "lends_at_most_gpus")):
            if gpus is not None:
                yield (*flavor.path, name), f"{name} {gpus} (flavor {flavor.flavor})", promise


def _preemption_limits(queue: ClusterQueue) -> Iterator[_Limit]:
    written = queue.manifest.spec.get("preemption") or {}
    for name, policy, promise in (("reclaimWithinCohort", queue.reclaim_within_cohort, "back_within_s"),
                                  ("withinClusterQueue", queue.within_cluster_queue, "never_preempted"),
                                  ("borrowWithinCohort", queue.borrow_within_cohort, "")):
        # A policy of Never takes from nobody; only within the queue does it keep the owner's own work safe.
        if name in written and (policy != NEVER or name == "withinClusterQueue"):
            yield ("spec", "preemption", name), f"{name} {policy}", promise


def _cohorts(folder: PlatformFolder, behind: _Behind) -> Iterator[str]:
    for cohort in queues.cohorts(folder.manifests):
        if cohort.manifest:
            teams = [team for team, served in behind
                     if cohort in queues.cohorts_above(served, folder.manifests)]
            # What the cohort adds, and what passes between cohorts, is there to be borrowed.
            limits = [((*flavor.path, name), f"{name} {gpus} (flavor {flavor.flavor})", "may_borrow_gpus")
                      for flavor in cohort.quota.flavors
                      for name, gpus in (("nominalQuota", flavor.nominal),
                                         ("borrowingLimit", flavor.borrowing_limit),
                                         ("lendingLimit", flavor.lending_limit)) if gpus is not None]
            yield from _lines(cohort.manifest, limits, teams)


def _topologies(folder: PlatformFolder, behind: _Behind) -> Iterator[str]:
    by_flavor = queues.topologies(folder.manifests)
    for topology in {found.name: found for found in by_flavor.values()}.values():
        flavors = {flavor for flavor, found in by_flavor.items() if found.name == topology.name}
        teams = [team for team, served in behind
                 if any(found.flavor in flavors for found in served.quota.flavors)]
        limit = ("spec", "levels"), f"levels {', '.join(topology.levels)}", "stays_in_one"
        yield from _lines(topology.manifest, [limit], teams)


def _waiting(folder: PlatformFolder, behind: _Behind) -> Iterator[str]:
    for index, component in enumerate(folder.components):
        if component.name == "kueue" and component.settings.get("waitForPodsReady") \
                and not _any_says((team for team, _ in behind), "starts_as_gang"):
            where = folder.where("components", index, "settings", "waitForPodsReady")
            yield f"{where}: component kueue: waitForPodsReady: no promise covers it"


def _volcano(folder: PlatformFolder, everyone: list[Team]) -> Iterator[str]:
    for queue in queues.volcano_queues(folder.manifests):
        limits: list[_Limit] = [
            (("spec", name), f"{name} {gpus}", promise)
            for name, gpus, promise in (("capability", queue.capability, "may_borrow_gpus"),
                                        ("deserved", queue.deserved, "guaranteed_gpus"),
                                        ("guarantee", queue.guarantee, "guaranteed_gpus"))
            if gpus is not None]
        if "reclaimable" in queue.manifest.spec:
            limits.append((("spec", "reclaimable"), f"reclaimable {str(queue.reclaimable).lower()}",
                           "never_preempted"))
        yield from _lines(queue.manifest, limits, [team for team in everyone if team.queue == queue.name])
    for hypernode in queues.hypernode_tiers(folder.manifests).values():
        limit = ("spec", "tier"), f"tier {queues.tier_name(hypernode)}", "stays_in_one"
        yield from _lines(hypernode, [limit], everyone)


def _lines(manifest: Manifest, limits: Iterable[_Limit], teams: list[Team]) -> Iterator[str]:
    for path, limit, promise in limits:
        if not promise or not _any_says(teams, promise):
            yield f"{manifest.where(*path)}: {manifest.kind} {manifest.name}: {limit}: no promise covers it"


def _any_says(teams: Iterable[Team], promise: str) -> bool:
    return any(getattr(team, promise) is not None for team in teams)
