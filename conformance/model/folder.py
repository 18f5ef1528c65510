"""A platform folder as data: components, manifests and promises."""

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
