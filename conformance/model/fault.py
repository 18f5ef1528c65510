"""How a platform can be broken, so that a behaviour is seen to notice."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.model.promise import Team


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a fault is applied."""

    api: Any
    """The API server of the live platform: `conformance.kube.api.Api`."""
    team: Team | None
    """The team whose promise is tested; None when the behaviour is not about one team."""
    folder: Path
    """The platform folder that was installed."""
    cluster: Any = None
    """The live cluster: a `conformance.clusters.Cluster`."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A real misconfiguration or a saboteur."""

    name: str
    description: str
    """What is wrong then, in one line."""
    applied: Callable[[Site], AbstractContextManager[None]]
    """On enter it breaks the live platform, on exit it mends it."""
    in_objects: bool = True
    """Whether objects of the API are other ones then: of a process that hangs none tells."""
