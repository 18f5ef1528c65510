"""The cohort tree, walked as Kueue does: who shares GPUs with whom, and how many of them reach a queue.

Kueue's arithmetic (pkg/cache/scheduler/resource_node.go and pkg/cache/hierarchy of v0.19.2): what a queue or cohort
has above its lending limit stays in it; the rest is its parent's to give; its borrowing limit bounds what it gets.
"""

import functools
import sys
from collections.abc import Iterable, Mapping

from conformance.components.kueue.manifests import ClusterQueue, Cohort, Quota, cluster_queues, cohorts
from conformance.model.folder import Manifest


def borrowable(queue: ClusterQueue, manifests: Iterable[Manifest]) -> int:
    """Return how many GPUs `queue` can borrow when every other queue of its cohort tree is idle.

    Takes the borrowing limit of the queue, lending limits of the others, quota of the cohorts themselves and
    the limits between cohorts into account, flavor by flavor.
    """
    if not queue.cohort:
        return 0
    known = tree(manifests)
    return sum(_least(flavor.borrowing_limit, known.lent_to(queue.name, queue.cohort, flavor.flavor))
               for flavor in queue.quota.flavors)


def relatives(queue: ClusterQueue, manifests: Iterable[Manifest]) -> tuple[ClusterQueue, ...]:
    """Return the other ClusterQueues of the cohort tree of `queue`."""
    if not queue.cohort:
        return ()
    known = tree(manifests)
    root = known.root(queue.cohort)
    return tuple(other for other in known.queues.values() if other.name != queue.name and other.cohort
                 and known.root(other.cohort) == root)


def cohorts_above(queue: ClusterQueue, manifests: Iterable[Manifest]) -> tuple[Cohort, ...]:
    """Return the cohort of a ClusterQueue and all above it, the nearest first."""
    return tuple(tree(manifests).path(queue.cohort)) if queue.cohort else ()


def tree_quota(queue: ClusterQueue, manifests: Iterable[Manifest]) -> int:
    """Return all GPUs of the cohort tree of `queue`: of its queues and of the cohorts themselves."""
    if not queue.cohort:
        return queue.quota.nominal
    manifests = tuple(manifests)
    known = tree(manifests)
    root = known.root(queue.cohort)
    return (queue.quota.nominal + sum(other.quota.nominal for other in relatives(queue, manifests))
            + sum(cohort.quota.nominal for cohort in known.cohorts.values() if known.root(cohort.name) == root))


def most_held(asks: Mapping[str, int], manifests: Iterable[Manifest]) -> int:
    """Return the most GPUs that ClusterQueues hold together when each asks for so many and no other holds any.

    Exact for one flavor; with several it may be more than all of them together can have.
    """
    known = tree(manifests)
    roots = {known.root(queue.cohort) for name in asks if (queue := known.queues[name]).cohort}
    flavors = {flavor.flavor for name in asks for flavor in known.queues[name].quota.flavors}
    held = sum(sum(known.held(known.cohorts[root], asks, flavor)) for root in roots for flavor in flavors)
    held += sum(known.held_alone(queue, asks, flavor) for name in asks if not (queue := known.queues[name]).cohort
                for flavor in flavors)
    return min(held, sum(asks.values()))


def tree(manifests: Iterable[Manifest]) -> "Tree":
    """Return the cohorts of some manifests with their queues."""
    return _tree(tuple(manifests))


@functools.lru_cache(maxsize=8)
def _tree(manifests: tuple[Manifest, ...]) -> "Tree":
    return Tree(cluster_queues(manifests), cohorts(manifests))


class Tree:
    """Cohorts with their queues."""

    def __init__(self, queues: tuple[ClusterQueue, ...], known: tuple[Cohort, ...]) -> None:
        self.queues = {queue.name: queue for queue in queues}
        self.cohorts = {cohort.name: cohort for cohort in known}

    def path(self, name: str) -> list[Cohort]:
        """From a cohort up to its root; a cycle, which Kueue disables, ends where it closes."""
        found: list[Cohort] = []
        at: str | None = name
        while at and at in self.cohorts and self.cohorts[at] not in found:
            found.append(self.cohorts[at])
            at = found[-1].parent
        return found

    def root(self, name: str) -> str:
        """Return the root above a cohort; all cohorts of a cycle have the same one."""
        path = self.path(name)
        if path[-1].parent not in {cohort.name for cohort in path}:
            return path[-1].name
        return min(cohort.name for cohort in self.path(path[-1].name))

    def held(self, at: Cohort, asks: Mapping[str, int], flavor: str) -> tuple[int, int]:
        """Return the most that queues below a cohort hold of a flavor when each asks for so many.

        In two parts: what they hold of quota that nobody above sees, and the rest.
        """
        unseen = seen = 0
        below = [(0, self.held_alone(self.queues[name], asks, flavor), self.queues[name].quota,
                  _of(self.queues[name].quota, flavor, "nominal") or 0) for name in at.members]
        below += [(*self.held(child, asks, flavor), child.quota, self._inside(child, flavor))
                  for child in self._children(at)]
        for deeper, wanted, quota, own in below:
            limit = _of(quota, flavor, "lending_limit")
            kept = 0 if limit is None else max(0, own - limit)
            unseen += deeper + min(wanted, kept)
            seen += max(0, wanted - kept)
        return unseen, min(seen, self._ceiling(at.quota, self._inside(at, flavor), flavor, borrows=bool(at.parent)))

    def held_alone(self, queue: ClusterQueue, asks: Mapping[str, int], flavor: str) -> int:
        """Return what a queue may hold of a flavor by its own limits when it asks for so many."""
        own = _of(queue.quota, flavor, "nominal")
        if own is None:
            return 0
        return min(asks.get(queue.name, 0), self._ceiling(queue.quota, own, flavor, borrows=bool(queue.cohort)))

    @staticmethod
    def _ceiling(quota: Quota, own: int, flavor: str, *, borrows: bool) -> int:
        limit = _of(quota, flavor, "borrowing_limit") if borrows else 0
        return sys.maxsize if limit is None else own + limit

    def _children(self, cohort: Cohort) -> list[Cohort]:
        above = self.path(cohort.name)
        return [child for child in self.cohorts.values() if child.parent == cohort.name and child not in above]

    def lent_to(self, borrower: str, cohort: str, flavor: str) -> int:
        """What reaches a queue of `cohort` from all others."""
        path = self.path(cohort)
        reaches = 0
        for index in range(len(path) - 1, -1, -1):
            below = path[index - 1].name if index else None
            at = path[index]
            if index < len(path) - 1:
                reaches = _least(_of(at.quota, flavor, "borrowing_limit"), reaches)
            reaches += self._inside(at, flavor, without=(borrower, below))
        return reaches

    def _inside(self, cohort: Cohort, flavor: str, without: tuple[str, str | None] = ("", None)) -> int:
        queues = (self.queues[member] for member in cohort.members if member != without[0])
        children = [child for child in self._children(cohort) if child.name != without[1]]
        return sum((
            _of(cohort.quota, flavor, "nominal") or 0,
            *(_lends(queue.quota, flavor) for queue in queues),
            *(_least(_of(child.quota, flavor, "lending_limit"), self._inside(child, flavor))
              for child in children),
        ))


def _of(quota: Quota, flavor: str, what: str) -> int | None:
    return next((getattr(found, what) for found in quota.flavors if found.flavor == flavor), None)


def _lends(quota: Quota, flavor: str) -> int:
    return _least(_of(quota, flavor, "lending_limit"), _of(quota, flavor, "nominal") or 0)


def _least(limit: int | None, number: int) -> int:
    return number if limit is None else min(limit, number)
