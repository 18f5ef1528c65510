"""A platform folder as data: components, manifests and promises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.model.promise import Promises

Step = str | int
"""One step into an object: a key or an index."""
Place = Callable[[tuple[Step, ...]], tuple[int, int]]
"""Line and column, from 1, of a part of a document, or of the nearest part around it that is written."""


def _at_the_start(_: tuple[Step, ...]) -> tuple[int, int]:
    return 1, 1


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
    object: Mapping[str, Any]
    place: Place = field(default=_at_the_start, repr=False)
    """Where each part of the object is written."""

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
        """Return `file:line:column` of a part of the object, or of the nearest part around it that is written."""
        line, column = self.place(path)
        return f"{self.file}:{line}:{column}"


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
    place: Place = field(default=_at_the_start, repr=False)
    """Where each part of `platform.yaml` is written."""

    def component(self, name: str) -> ComponentSpec | None:
        """Return the component `name`, or None when the platform has none of that name."""
        return next((component for component in self.components if component.name == name), None)

    def where(self, *path: Step) -> str:
        """Return `file:line:column` of a part of `platform.yaml`."""
        line, column = self.place(path)
        return f"{self.path / 'platform.yaml'}:{line}:{column}"
