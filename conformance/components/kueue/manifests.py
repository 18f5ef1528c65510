"""Kueue's objects in manifests: queues, cohorts, flavors and topologies, and what they say about GPUs.

Pure functions on the manifests of a platform folder. All raise UsageError, with file and line, on a
quantity that is none.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.components.manifests import gpus, of_kind
from conformance.model.folder import Manifest, PlatformFolder, Step
from conformance.model.labels import GPU_RESOURCE
from conformance.model.promise import Team

GROUP = "kueue.x-k8s.io"
NEVER = "Never"
"""The word for a preemption policy that takes nothing."""


@dataclass(frozen=True, kw_only=True)
class FlavorQuota:
    """GPUs of one flavor; None means no limit."""

    flavor: str
    nominal: int
    borrowing_limit: int | None = None
    lending_limit: int | None = None
    path: tuple[Step, ...] = field(default=(), repr=False)
    """Where in the object it is written."""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """GPUs of a ClusterQueue or Cohort, per flavor and summed."""

    flavors: tuple[FlavorQuota, ...] = ()

    @property
    def covers_gpus(self) -> bool:
        """False: work that asks for GPUs is not admitted here at all."""
        return bool(self.flavors)

    @property
    def nominal(self) -> int:
        """Sum over the flavors."""
        return sum(flavor.nominal for flavor in self.flavors)

    @property
    def borrowing_limit(self) -> int | None:
        """Sum over the flavors; None when one of them has no limit."""
        limits = [flavor.borrowing_limit for flavor in self.flavors]
        known = [limit for limit in limits if limit is not None]
        return sum(known) if known and len(known) == len(limits) else None

    @property
    def lending_limit(self) -> int | None:
        """Sum over the flavors, where one without a limit lends all it has; None when none has a limit."""
        if all(flavor.lending_limit is None for flavor in self.flavors):
            return None
        return sum(flavor.nominal if flavor.lending_limit is None else flavor.lending_limit
                   for flavor in self.flavors)


@dataclass(frozen=True, kw_only=True)
class ClusterQueue:
    """A Kueue ClusterQueue."""

    name: str
    cohort: str | None
    quota: Quota
    reclaim_within_cohort: str
    """`Never`, `LowerPriority` or `Any`."""
    within_cluster_queue: str
    """`Never`, `LowerPriority` or `LowerOrNewerEqualPriority`."""
    borrow_within_cohort: str
    """`Never` or `LowerPriority`."""
    namespace_selector: Mapping[str, Any] | None
    """None selects no namespace, an empty one all of them."""
    manifest: Manifest = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """A Kueue cohort; it exists by being named, with or without an object of its own."""

    name: str
    parent: str | None
    members: tuple[str, ...]
    """Names of its ClusterQueues, without those of its child cohorts."""
    quota: Quota
    """What the cohort itself adds for its members to borrow, and its limits towards its parent."""
    manifest: Manifest | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class LocalQueue:
    """A Kueue LocalQueue: the door of one namespace to a ClusterQueue."""

    name: str
    namespace: str
    cluster_queue: str
    manifest: Manifest = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Levels of a network from the outermost in, in plain words: `zone`, `rack`, `hostname`."""

    name: str
    levels: tuple[str, ...]
    labels: tuple[str, ...]
    """The node label of each level."""
    manifest: Manifest = field(repr=False)


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
                        nominal=gpus(holder, resource, *path, "nominalQuota") or 0,
                        borrowing_limit=gpus(holder, resource, *path, "borrowingLimit"),
                        lending_limit=gpus(holder, resource, *path, "lendingLimit")))
    return Quota(flavors=tuple(flavors))


def cluster_queues(manifests: Iterable[Manifest]) -> tuple[ClusterQueue, ...]:
    """Return Kueue's ClusterQueues, with the defaults of the API filled in."""
    return _cluster_queues(tuple(manifests))


@functools.lru_cache(maxsize=8)
def _cluster_queues(manifests: tuple[Manifest, ...]) -> tuple[ClusterQueue, ...]:
    found = []
    for manifest in of_kind(manifests, GROUP, "ClusterQueue"):
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
    objects = {manifest.name: manifest for manifest in of_kind(manifests, GROUP, "Cohort")}
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
                 for manifest in of_kind(manifests, GROUP, "LocalQueue"))


def topologies(manifests: Iterable[Manifest]) -> dict[str, Topology]:
    """Return, for each ResourceFlavor that has one, Kueue's topology by the name of the flavor."""
    manifests = tuple(manifests)
    known = {manifest.name: manifest for manifest in of_kind(manifests, GROUP, "Topology")}
    found = {}
    for flavor in of_kind(manifests, GROUP, "ResourceFlavor"):
        topology = known.get(str(flavor.spec.get("topologyName", "")))
        if topology:
            labels = tuple(str(level["nodeLabel"]) for level in topology.spec.get("levels") or ())
            found[flavor.name] = Topology(name=topology.name, labels=labels, manifest=topology,
                                          levels=tuple(label.rpartition("/")[2] for label in labels))
    return found


def _cohort_of(manifest: Manifest) -> str | None:
    # v1beta2 says cohortName; v1beta1, which is still served, says cohort.
    name = manifest.spec.get("cohort" if manifest.object["apiVersion"].endswith("v1beta1") else "cohortName")
    return str(name) if name else None


def cluster_queue_of(team: Team, folder: PlatformFolder) -> ClusterQueue | None:
    """Return the ClusterQueue behind a team's LocalQueue, or None where the manifests have none."""
    door = next((queue for queue in local_queues(folder.manifests)
                 if (queue.namespace, queue.name) == (team.namespace, team.queue)), None)
    return next((queue for queue in cluster_queues(folder.manifests)
                 if door and queue.name == door.cluster_queue), None)
