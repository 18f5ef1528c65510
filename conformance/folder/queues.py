"""What manifests say about GPUs: queues, cohorts, limits, priorities and topologies.

Pure functions on the manifests of a platform folder. All raise UsageError, with file and line, on a
quantity that is none.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.errors import UsageError
from conformance.model import quantity
from conformance.model.folder import (
    ClusterQueue,
    Cohort,
    FlavorQuota,
    LocalQueue,
    Manifest,
    PriorityClass,
    Quota,
    Step,
    Topology,
    VolcanoQueue,
)
from conformance.model.labels import GPU_RESOURCE

KUEUE = "kueue.x-k8s.io"
VOLCANO = "scheduling.volcano.sh"
HYPERNODES = "topology.volcano.sh"
PRIORITIES = "scheduling.k8s.io"


def of_kind(manifests: Iterable[Manifest], group: str, kind: str) -> tuple[Manifest, ...]:
    """Return the manifests of one kind, whatever the version of the API, in the order they are written."""
    return tuple(manifest for manifest in manifests if (manifest.group, manifest.kind) == (group, kind))


def gpu_quota(holder: Manifest) -> Quota:
    """Return the GPUs of a ClusterQueue or Cohort, per flavor."""
    flavors = []
    for group, resources in enumerate(holder.spec.get("resourceGroups") or ()):
        for index, flavor in enumerate(resources.get("flavors") or ()):
            for place, resource in enumerate(flavor.get("resources") or ()):
                if resource.get("name") == GPU_RESOURCE:
                    path: tuple[Step, ...] = (
                        "spec", "resourceGroups", group, "flavors", index, "resources", place)
                    flavors.append(FlavorQuota(
                        flavor=str(flavor.get("name", "")), path=path,
                        nominal=_gpus(holder, resource, *path, "nominalQuota") or 0,
                        borrowing_limit=_gpus(holder, resource, *path, "borrowingLimit"),
                        lending_limit=_gpus(holder, resource, *path, "lendingLimit")))
    return Quota(flavors=tuple(flavors))


def cluster_queues(manifests: Iterable[Manifest]) -> tuple[ClusterQueue, ...]:
    """Return Kueue's ClusterQueues, with the defaults of the API filled in."""
    return _cluster_queues(tuple(manifests))


@functools.lru_cache(maxsize=8)
def _cluster_queues(manifests: tuple[Manifest, ...]) -> tuple[ClusterQueue, ...]:
    found = []
    for manifest in of_kind(manifests, KUEUE, "ClusterQueue"):
        preemption = manifest.spec.get("preemption") or {}
        found.append(ClusterQueue(
            name=manifest.name,
            cohort=_cohort_of(manifest),
            quota=gpu_quota(manifest),
            reclaim_within_cohort=str(preemption.get("reclaimWithinCohort", "Never")),
            within_cluster_queue=str(preemption.get("withinClusterQueue", "Never")),
            borrow_within_cohort=str((preemption.get("borrowWithinCohort") or {}).get("policy", "Never")),
            namespace_selector=manifest.spec.get("namespaceSelector"),
            manifest=manifest))
    return tuple(found)


def cohorts(manifests: Iterable[Manifest]) -> tuple[Cohort, ...]:
    """Return Kueue's cohorts: those with an object, those that queues name, and their parents."""
    return _cohorts(tuple(manifests))


@functools.lru_cache(maxsize=8)
def _cohorts(manifests: tuple[Manifest, ...]) -> tuple[Cohort, ...]:
    members: dict[str, list[str]] = {}
    for queue in cluster_queues(manifests):
        if queue.cohort:
            members.setdefault(queue.cohort, []).append(queue.name)
    objects = {manifest.name: manifest for manifest in of_kind(manifests, KUEUE, "Cohort")}
    parents = {name: str(parent) for name, manifest in objects.items()
               if (parent := manifest.spec.get("parentName") or manifest.spec.get("parent"))}
    return tuple(Cohort(name=name, parent=parents.get(name), members=tuple(members.get(name, ())),
                        quota=gpu_quota(objects[name]) if name in objects else Quota(),
                        manifest=objects.get(name))
                 for name in sorted({*members, *objects, *parents.values()}))


def local_queues(manifests: Iterable[Manifest]) -> tuple[LocalQueue, ...]:
    """Return Kueue's LocalQueues."""
    return tuple(LocalQueue(name=manifest.name, namespace=manifest.namespace,
                            cluster_queue=str(manifest.spec.get("clusterQueue", "")), manifest=manifest)
                 for manifest in of_kind(manifests, KUEUE, "LocalQueue"))


def volcano_queues(manifests: Iterable[Manifest]) -> tuple[VolcanoQueue, ...]:
    """Return Volcano's Queues."""
    return tuple(VolcanoQueue(
        name=manifest.name,
        parent=manifest.spec.get("parent"),
        capability=_gpus(manifest, manifest.spec.get("capability"), "spec", "capability", GPU_RESOURCE),
        deserved=_gpus(manifest, manifest.spec.get("deserved"), "spec", "deserved", GPU_RESOURCE),
        guarantee=_gpus(manifest, (manifest.spec.get("guarantee") or {}).get("resource"),
                        "spec", "guarantee", "resource", GPU_RESOURCE),
        reclaimable=manifest.spec.get("reclaimable", True) is not False,
        manifest=manifest) for manifest in of_kind(manifests, VOLCANO, "Queue"))


def priority_classes(manifests: Iterable[Manifest]) -> tuple[PriorityClass, ...]:
    """Return Kubernetes' PriorityClasses and Kueue's WorkloadPriorityClasses, the lowest first."""
    manifests = tuple(manifests)
    found = [PriorityClass(name=manifest.name, value=int(manifest.object.get("value", 0)),
                           of_kueue=group == KUEUE, manifest=manifest)
             for group, kind in ((PRIORITIES, "PriorityClass"), (KUEUE, "WorkloadPriorityClass"))
             for manifest in of_kind(manifests, group, kind)]
    return tuple(sorted(found, key=lambda priority: priority.value))


def topologies(manifests: Iterable[Manifest]) -> dict[str, Topology]:
    """Return, for each ResourceFlavor that has one, Kueue's topology by the name of the flavor."""
    manifests = tuple(manifests)
    known = {manifest.name: manifest for manifest in of_kind(manifests, KUEUE, "Topology")}
    found = {}
    for flavor in of_kind(manifests, KUEUE, "ResourceFlavor"):
        topology = known.get(str(flavor.spec.get("topologyName", "")))
        if topology:
            labels = tuple(str(level["nodeLabel"]) for level in topology.spec.get("levels") or ())
            found[flavor.name] = Topology(name=topology.name, labels=labels, manifest=topology,
                                          levels=tuple(label.rpartition("/")[2] for label in labels))
    return found


def hypernode_tiers(manifests: Iterable[Manifest]) -> dict[int, Manifest]:
    """Return the first HyperNode of each tier of Volcano's network topology, the innermost tier first."""
    found: dict[int, Manifest] = {}
    for manifest in of_kind(manifests, HYPERNODES, "HyperNode"):
        found.setdefault(int(manifest.spec.get("tier", 0)), manifest)
    return dict(sorted(found.items()))


def tier_name(hypernode: Manifest) -> str:
    """Return the plain word for the tier of a HyperNode, for example `rack`."""
    return str(hypernode.spec.get("tierName") or f"tier-{hypernode.spec.get('tier', 0)}")


def borrowable(queue: ClusterQueue, manifests: Iterable[Manifest]) -> int:
    """Return how many GPUs `queue` can borrow when every other queue of its cohort tree is idle.

    Takes the borrowing limit of the queue, lending limits of the others, quota of the cohorts themselves and
    the limits between cohorts into account, flavor by flavor.
    """
    if not queue.cohort:
        return 0
    tree = _tree(tuple(manifests))
    return sum(_least(flavor.borrowing_limit, tree.lent_to(queue.name, queue.cohort, flavor.flavor))
               for flavor in queue.quota.flavors)


def relatives(queue: ClusterQueue, manifests: Iterable[Manifest]) -> tuple[ClusterQueue, ...]:
    """Return the other ClusterQueues of the cohort tree of `queue`."""
    if not queue.cohort:
        return ()
    tree = _tree(tuple(manifests))
    root = tree.root(queue.cohort)
    return tuple(other for other in tree.queues.values() if other.name != queue.name and other.cohort
                 and tree.root(other.cohort) == root)


def cohorts_above(queue: ClusterQueue, manifests: Iterable[Manifest]) -> tuple[Cohort, ...]:
    """Return the cohort of a ClusterQueue and all above it, the nearest first."""
    return tuple(_tree(tuple(manifests)).path(queue.cohort)) if queue.cohort else ()


def tree_quota(queue: ClusterQueue, manifests: Iterable[Manifest]) -> int:
    """Return all GPUs of the cohort tree of `queue`: of its queues and of the cohorts themselves."""
    if not queue.cohort:
        return queue.quota.nominal
    manifests = tuple(manifests)
    tree = _tree(manifests)
    root = tree.root(queue.cohort)
    return (queue.quota.nominal + sum(other.quota.nominal for other in relatives(queue, manifests))
            + sum(cohort.quota.nominal for cohort in tree.cohorts.values() if tree.root(cohort.name) == root))


@functools.lru_cache(maxsize=8)
def _tree(manifests: tuple[Manifest, ...]) -> "_Tree":
    return _Tree(_cluster_queues(manifests), _cohorts(manifests))


class _Tree:
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
        return self.path(name)[-1].name

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
        above = self.path(cohort.name)
        children = (child for child in self.cohorts.values()
                    if child.parent == cohort.name and child.name != without[1] and child not in above)
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


def _cohort_of(manifest: Manifest) -> str | None:
    # v1beta2 says cohortName; v1beta1, which is still served, says cohort.
    name = manifest.spec.get("cohort" if manifest.object["apiVersion"].endswith("v1beta1") else "cohortName")
    return str(name) if name else None


def _gpus(manifest: Manifest, holder: Mapping[str, Any] | None, *path: Step) -> int | None:
    written = (holder or {}).get(str(path[-1]))
    if written is None:
        return None
    try:
        return quantity.devices(written)
    except ValueError as error:
        raise UsageError(f"{manifest.where(*path)}: {manifest.kind} {manifest.name}: {path[-1]}: {error}",
                         "write a whole number of GPUs") from None


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, Any]) -> bool:
    """Return whether a label selector takes an object with these labels; none at all takes nothing."""
    if selector is None:
        return False
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items()) \
        and all(_holds(expression, labels) for expression in selector.get("matchExpressions") or ())


def _holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
