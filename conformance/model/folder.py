"""A platform folder as data: components, manifests and what they say about GPUs.

GPUs are whole devices of `nvidia.com/gpu`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.model.promise import Promises

Step = str | int
"""One step into an object: a key or an index."""


@dataclass(frozen=True, kw_only=True)
class ComponentSpec:
    """One component of a platform; what `settings` may hold is said in the component's `settings.schema.json`."""

    name: str
    version: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Manifest:
    """One object and where it is written; equal only to itself."""

    file: Path
    line: int
    """Counted from 1."""
    object: Mapping[str, Any]
    lines: Mapping[tuple[Step, ...], int] = field(default_factory=dict, repr=False)
    """The line of each part of the object."""

    @property
    def group(self) -> str:
        """API group, empty for the core group."""
        return str(self.object["apiVersion"]).rpartition("/")[0]

    @property
    def kind(self) -> str:
        """For example `ClusterQueue`."""
        return str(self.object["kind"])

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return str(self.object["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, or the empty string."""
        return str(self.object["metadata"].get("namespace") or "")

    @property
    def spec(self) -> Mapping[str, Any]:
        """`spec`, or an empty mapping."""
        return self.object.get("spec") or {}

    def where(self, *path: Step) -> str:
        """Return `file:line` of a part of the object, or of the nearest part around it that is written."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, self.line)}"


@dataclass(frozen=True, kw_only=True)
class PlatformFolder:
    """Everything that a platform folder says."""

    name: str
    description: str
    path: Path
    nodes: str | None
    """Name of a profile of fake nodes, or the path of one; None: the cluster brings its own nodes."""
    components: tuple[ComponentSpec, ...]
    manifests: tuple[Manifest, ...]
    promises: Promises | None
    """None: the folder has no `promises` section."""
    gpus: int | None = None
    """GPUs of all nodes of the profile; None when there is none."""
    lines: Mapping[tuple[Step, ...], int] = field(default_factory=dict, repr=False)
    """The line of each part of `platform.yaml`."""

    def component(self, name: str) -> ComponentSpec | None:
        """Return the component `name`, or None when the platform has none of that name."""
        return next((component for component in self.components if component.name == name), None)

    def where(self, *path: Step) -> str:
        """Return `file:line` of a part of `platform.yaml`."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.path / 'platform.yaml'}:{self.lines.get(path, 1)}"


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
class VolcanoQueue:
    """A Volcano Queue; None means that nothing is said about GPUs."""

    name: str
    parent: str | None
    capability: int | None
    deserved: int | None
    guarantee: int | None
    reclaimable: bool
    manifest: Manifest = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class PriorityClass:
    """A PriorityClass of Kubernetes or a WorkloadPriorityClass of Kueue."""

    name: str
    value: int
    of_kueue: bool
    manifest: Manifest = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Levels of a network from the outermost in, in plain words: `zone`, `rack`, `hostname`."""

    name: str
    levels: tuple[str, ...]
    labels: tuple[str, ...]
    """The node label of each level; empty for Volcano, whose HyperNodes name their members."""
    manifest: Manifest = field(repr=False)
