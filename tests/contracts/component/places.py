"""Where the contract is held: components and reference platforms are walked, and shared out among clusters.

A platform whose components are all on a cluster already is put onto it after the one before, as somebody does who changes
his platform folder; a cluster of its own has one that brings others.
"""

from dataclasses import dataclass

from conformance import assets, catalog
from conformance.folder import read
from conformance.model.component import Component
from conformance.model.folder import PlatformFolder

from . import contract


@dataclass(frozen=True, eq=False)
class Place:
    """A component, and where a promise of the contract is held: on a cluster, with a platform on it or with none."""

    component: Component
    ground: int
    """Which of the clusters."""
    folder: PlatformFolder | None = None
    at: int = -1
    """Which platform of the cluster it is; -1: nothing is installed."""

    def __str__(self):
        return f"{self.component.name}-{self.folder.name}" if self.folder else self.component.name

    @property
    def spec(self):
        return self.folder.component(self.component.name)


def folders():
    """The platforms that ship."""
    return [read.load(path.parent) for path in sorted(assets.folder("reference-manifests").glob("*/platform.yaml"))]


def by_cluster(known):
    """Share platforms out among clusters: those with most components first, and on each only components that it has."""
    names = {folder.name: {spec.name for spec in folder.components} for folder in known}
    found: list[list[PlatformFolder]] = []
    for folder in sorted(known, key=lambda one: (-len(names[one.name]), one.name)):
        able = [some for some in found if names[folder.name] <= names[some[0].name]]
        able[0].append(folder) if able else found.append([folder])
    return found


GROUNDS = by_cluster(folders())
COMPONENTS = catalog.components()
EMPTY = [Place(component, 0) for component in COMPONENTS.values()]
INSTALLED = [Place(component, ground, folder, at) for ground, some in enumerate(GROUNDS) for at, folder in enumerate(some)
             for name, component in COMPONENTS.items()
             if folder.component(name) or (component.of_ground and ground == at == 0)]
FIRST = [*{place.component.name: place for place in reversed(INSTALLED)}.values()]
"""Where each component is installed for the first time."""
LAST = [*{place.component.name: place for place in INSTALLED}.values()]
WHERE = {
    "installed_by_nobody": [place for place in EMPTY if not place.component.of_ground],
    "of_ground": [place for place in EMPTY if place.component.of_ground],
    "installed": INSTALLED,
    "configured": [place for place in INSTALLED if contract.has_settings(place.component)],
    "reconfigured": [place for place in FIRST if contract.has_settings(place.component)],
    "first": FIRST,
    "breakable": [place for place in INSTALLED if place.component.faults],
    "broken": [place for place in LAST if place.component.faults],
}
"""By name of a fixture, where it stands. Who has no settings, comes with the cluster or knows no fault says so himself."""


def missing(components, places):
    """Return the components that are installed nowhere: of them nothing is held."""
    return sorted({*components} - {place.component.name for place in places if place.folder})
