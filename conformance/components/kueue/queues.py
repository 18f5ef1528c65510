"""Kueue as a product that holds queues: what its manifests promise, and who shares GPUs with whom.

It is a `conformance.model.component.Queues`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from conformance.components.kueue import cohorts as cohort_tree
from conformance.components.kueue.cohorts import borrowable, tree, tree_quota
from conformance.components.kueue.contradictions import contradictions
from conformance.components.kueue.manifests import (
    GROUP,
    NEVER,
    ClusterQueue,
    cluster_queue_of,
    cluster_queues,
    cohorts,
    local_queues,
)
from conformance.components.kueue.quota import (
    KUEUE,
    innermost_level,
    lends,
    placed,
    starts_gangs,
    who_preempts,
    who_stops_nobody,
)
from conformance.components.kueue.uncovered import uncovered
from conformance.components.manifests import DRAFTED_BACK_WITHIN_S, of_kind
from conformance.errors import UsageError, nearest
from conformance.model import quantity
from conformance.model.folder import PlatformFolder
from conformance.model.promise import Team

__all__ = ["check", "contradictions", "drafts", "half_gang_lasts_s", "handed_out", "most_held", "names", "node_labels",
           "pool", "pool_gpus", "queue_of", "uncovered"]
TIMEOUT = "5m"
"""What waitForPodsReady waits when it does not say."""


def check(folder: PlatformFolder) -> None:
    """Raise UsageError, with place, for a limit that is no quantity, and for a LocalQueue that leads nowhere."""
    known = {queue.name for queue in cluster_queues(folder.manifests)}
    cohorts(folder.manifests)
    for queue in local_queues(folder.manifests):
        if queue.cluster_queue not in known:
            raise UsageError(f"{queue.manifest.where('spec', 'clusterQueue')}: LocalQueue {queue.namespace}/"
                             f"{queue.name}: the manifests have no ClusterQueue {queue.cluster_queue!r}",
                             nearest(queue.cluster_queue, known) if known else
                             "the folder has no ClusterQueue at all")


def names(namespace: str, folder: PlatformFolder) -> tuple[str, set[str]]:
    """Return what a team's queue is called, for people, and the names of those that a namespace has."""
    return f"LocalQueue of namespace {namespace}", {
        queue.name for queue in local_queues(folder.manifests) if queue.namespace == namespace}


def drafts(folder: PlatformFolder) -> Iterator[Team]:
    """Yield a team for each LocalQueue that leads to GPUs, with what the manifests do for it.

    It goes by the name of its ClusterQueue. Where several lead to one ClusterQueue none of them is guaranteed anything
    alone: each is a team by its own name, to which only what holds for all of them is promised.
    """
    for queue in cluster_queues(folder.manifests):
        doors = [door for door in local_queues(folder.manifests) if door.cluster_queue == queue.name]
        alone = len(doors) == 1
        for door in doors if queue.quota.covers_gpus else ():
            yield Team(
                name=queue.name if alone else f"{door.namespace}-{door.name}",
                namespace=door.namespace, queue=door.name, component=KUEUE,
                guaranteed_gpus=queue.quota.nominal if alone else None,
                back_within_s=DRAFTED_BACK_WITHIN_S if alone and queue.reclaim_within_cohort != NEVER else None,
                may_borrow_gpus=borrowable(queue, folder.manifests) if alone else None,
                lends_at_most_gpus=lends(queue) if alone and queue.cohort else None,
                never_preempted=_never_preempted(queue, folder),
                starts_as_gang=starts_gangs(queue, folder) or None,
                stays_in_one=innermost_level(queue, folder))


def _never_preempted(queue: ClusterQueue, folder: PlatformFolder) -> bool | None:
    """Return whether nobody stops work of a ClusterQueue, or its own urgent work does; None: only others do."""
    if not any(who_preempts(queue, folder)):
        return True
    return None if any(who_stops_nobody(queue, folder)) else False


def queue_of(team: Team, folder: PlatformFolder) -> str:
    """Return, for people, the object that holds a team's quota: `ClusterQueue serving-c`."""
    queue = cluster_queue_of(team, folder)
    return f"ClusterQueue {queue.name if queue else '(none)'}"


def pool(team: Team, folder: PlatformFolder) -> str:
    """Return a name for those who share GPUs with a team: the root of its cohort tree, or its ClusterQueue."""
    queue = cluster_queue_of(team, folder)
    if queue is None:
        return team.name
    return f"cohort {tree(folder.manifests).root(queue.cohort)}" if queue.cohort else f"ClusterQueue {queue.name}"


def pool_gpus(team: Team, folder: PlatformFolder) -> int:
    """Return the GPUs of a team's pool: of all queues of its cohort tree, and of the cohorts themselves."""
    queue = cluster_queue_of(team, folder)
    return tree_quota(queue, folder.manifests) if queue else 0


def most_held(asks: Mapping[Team, int], folder: PlatformFolder) -> int:
    """Return the most GPUs that teams can hold together when each asks for so many and nobody else holds any."""
    by_queue: Counter[str] = Counter()
    for team, gpus in asks.items():
        if queue := cluster_queue_of(team, folder):
            by_queue[queue.name] += gpus
    return cohort_tree.most_held(by_queue, folder.manifests)


def handed_out(folder: PlatformFolder) -> Mapping[str, int]:
    """Return the GPUs that each object adds to what may be used, by `kind name`."""
    return {f"ClusterQueue {queue.name}": queue.quota.nominal for queue in cluster_queues(folder.manifests)} | {
        f"Cohort {cohort.name}": cohort.quota.nominal for cohort in cohorts(folder.manifests)}


def node_labels(team: Team, folder: PlatformFolder) -> Sequence[Mapping[str, str]]:
    """Return the labels of the nodes that each flavor of a team's queue means; nothing: any node."""
    queue = cluster_queue_of(team, folder)
    flavors = {flavor.flavor for flavor in queue.quota.flavors} if queue else set()
    return [flavor.spec.get("nodeLabels") or {} for flavor in of_kind(folder.manifests, GROUP, "ResourceFlavor")
            if flavor.name in flavors]


def half_gang_lasts_s(team: Team, folder: PlatformFolder) -> float:
    """Return for how many seconds the manifests let half a gang of a team hold GPUs.

    0 where the pods of a gang are bound all or none, and where nothing is said: then the promise counts.
    Raises UsageError when `timeout` of waitForPodsReady is no duration.
    """
    queue, spec = cluster_queue_of(team, folder), folder.component(KUEUE)
    waits = spec.settings.get("waitForPodsReady") if spec else None
    # With a topology Kueue looks for a place for every pod before it lets any start.
    if queue is None or not waits or placed(queue, folder):
        return 0
    try:
        return quantity.seconds(waits.get("timeout", TIMEOUT))
    except ValueError as error:
        raise UsageError(f"{folder.name}: waitForPodsReady: timeout: {error}") from None
