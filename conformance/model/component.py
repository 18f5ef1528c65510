"""A product that provides features: all that Seatrial knows of it, from its own folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from conformance.model.fault import Fault
from conformance.model.feature import Feature
from conformance.model.promise import Team
from conformance.model.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Component:
    """What a product provides, and the four things Seatrial can do with it.

    Objects are plain dictionaries; `Any` stands for `conformance.objects.Api` and for what the
    installer hands over, which the model does not know.
    """

    name: str
    provides: frozenset[Feature]
    install: Callable[..., None]
    """Installs it: (api, component's entry in platform.yaml, ...)."""
    detect: Callable[[Any], str | None]
    """Its version on a live cluster, or None when it is not there."""
    dress: Callable[[Workload, Team, str], list[dict[str, Any]]]
    """The objects of a neutral workload, submitted for a team under a name."""
    programs: tuple[str, ...] = ()
    """The builds that installing it takes, by name: those of its images, and what renders its manifests."""
    version: str = ""
    """The version that Seatrial builds, with its v; empty: it comes with the cluster, see `of_ground`."""
    faults: tuple[Fault, ...] = ()
    of_ground: bool = False
    """It comes with the cluster, so that no platform folder names it."""
    adds: Callable[[Mapping[str, Any]], frozenset[Feature]] = lambda _: frozenset()
    """What it provides besides where a platform's settings say so."""
    added_by: tuple[tuple[Feature, str], ...] = ()
    """For each feature that `adds` may add, the setting that does, in words."""
    priority_kind: str = ""
    """What says how urgent its work is, as `apiVersion/Kind`: an object without a namespace."""
    settings_on: Callable[[Any], Mapping[str, Any]] = lambda _: {}
    """Its settings on a live cluster, as `platform.yaml` would say them."""

    settings_schema: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What `settings` of `platform.yaml` may hold, as JSON Schema: `settings.schema.json` beside the component."""
    check_settings: Callable[[Mapping[str, Any], Callable[..., str]], None] = lambda *_: None
    """Raises UsageError for settings that no schema can tell: (settings, where a part of them is written)."""

    def set_up(self, settings: Mapping[str, Any]) -> Self:
        """Return the component as a platform with these settings has it."""
        return replace(self, provides=self.provides | self.adds(settings))
