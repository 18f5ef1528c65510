"""One contract for every component: the clusters that it is held on, and what tests of it take."""

import os
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import pytest

from conformance.clusters import local
from conformance.kube.api import kind_of
from conformance.model.behaviour import Behaviour
from conformance.model.fault import Site
from conformance.model.fidelity import Fidelity
from conformance.platform import Platform, on_existing
from conformance.platform.install import install
from conformance.waiting import eventually, patience

from ...accounts import account
from . import contract
from .objects import snapshot
from .places import COMPONENTS, GROUNDS, WHERE

HERE = Path(__file__).parent
ANYTHING = Behaviour(id="a/b::c", title="", why="", requirement="quota", needs=(), catches=(),
                     fidelity=Fidelity.CONTROL_PLANE)


def pytest_generate_tests(metafunc):
    for name in WHERE.keys() & {*metafunc.fixturenames}:
        metafunc.parametrize(name, WHERE[name], ids=str, indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Tests follow each other by cluster and platform, what is asked of all platforms last."""
    def when(item):
        name, place = next((name, item.callspec.params[name]) for name in WHERE if name in item.callspec.params)
        return name == "broken", place.ground, place.at

    places = [at for at, item in enumerate(items) if item.path.parent == HERE and hasattr(item, "callspec")]
    for at, item in zip(places, sorted((items[at] for at in places), key=when), strict=True):
        items[at] = item


def pytest_terminal_summary(terminalreporter):
    """Say what components have no part of, by their own word: that is no pass."""
    for component in COMPONENTS.values():
        without = [what for what, lacks in (
            ("nothing installs it: it comes with the cluster", component.of_ground),
            ("it has no settings", not contract.has_settings(component)),
            ("it has no rights of its own", not contract.own_rights(component)),
            ("it has no faults", not component.faults)) if lacks]
        if without:
            terminalreporter.write_line(f"not held for {component.name}: {'; '.join(without)}")


class Ground:
    """The cluster of the moment and the platform on it; asked for another one, it changes over."""

    def __init__(self, keep):
        self.keep = keep
        self._number = self._folder = self._cluster = self._broken = None
        self.shown: dict[str, set[str]] = {}
        self.refused: dict[str, dict[str, list[str]]] = {}

    def at(self, place):
        """Return the cluster of a place, with its platform."""
        if self._number != place.ground:
            self.close()
            profile = max(GROUNDS[place.ground], key=lambda folder: folder.gpus or 0).nodes
            self._cluster = local.up(f"component-{place.ground}-{os.getpid()}", profile=profile, owned=True)
            self._number = place.ground
        if place.folder is not self._folder:
            if self._folder:
                self._leave(self._folder)
            self._folder = place.folder
            try:
                install(self._cluster.api, place.folder, self._cluster.load_images, print)
            except Exception as error:
                self._broken = error
        if self._broken:
            raise self._broken
        return self._cluster

    def _leave(self, folder):
        """Take away what a platform's manifests made; namespaces stay, they are in nobody's way."""
        api = self._cluster.api
        objects = [one.object for one in reversed(folder.manifests) if one.kind != "Namespace"]
        for obj in objects:
            api.delete(kind_of(obj), obj["metadata"]["name"], obj["metadata"].get("namespace"))
        eventually(lambda: [obj["metadata"]["name"] for obj in objects if api.read(
            kind_of(obj), obj["metadata"]["name"], obj["metadata"].get("namespace"))], becomes=[],
            within=patience().delete, because=f"what is left of {folder.name}")

    def close(self):
        """Take the cluster down."""
        if self._cluster:
            self._cluster.close()
        self._number = self._folder = self._cluster = self._broken = None


@pytest.fixture(scope="session")
def ground(ready_for, tmp_path_factory):
    ready_for("local")
    there = Ground(tmp_path_factory.mktemp("accounts"))
    yield there
    there.close()


class Held:
    """A component on a live cluster, and what the contract is held by."""

    def __init__(self, ground, place):
        self.ground, self.component, self.folder = ground, place.component, place.folder
        self._place = place

    @property
    def spec(self):
        """What the platform says of it."""
        return self._place.spec

    @cached_property
    def cluster(self):
        """The cluster, as it is to be."""
        return self.ground.at(self._place)

    @cached_property
    def api(self):
        """Its API server."""
        return self.cluster.api

    def install(self, settings):
        """Install it with other settings over what is there."""
        self.component.install(self.api, replace(self.spec, settings=settings), self.cluster.load_images)

    def platform(self):
        """What a behaviour holds."""
        return Platform.open(self.cluster, self.folder, behaviour=ANYTHING, component=self.component, team=None)

    def account(self, name, rules):
        """A kubeconfig with these rights."""
        file = account(self.cluster, self.ground.keep, f"{self.component.name}-{name}", rules)
        contract.with_rights(file)
        return file

    @cached_property
    def sites(self):
        """Where a fault of it can be: one for each of its teams, or for the first that there is."""
        teams = contract.of_component(self.folder, self.component).promises.teams or (
            on_existing.served(self.folder, self.component, None),)
        return [Site(api=self.api, team=team, folder=self.folder.path, cluster=self.cluster) for team in teams]

    @property
    def shown(self):
        """The faults that were applied and taken back on some platform."""
        return self.ground.shown.setdefault(self.component.name, set())

    @property
    def refused(self):
        """Why faults cannot be on the platforms seen so far, by name."""
        return self.ground.refused.setdefault(self.component.name, {})

    snapshot = property(lambda self: partial(snapshot, self.api))


def _held(request, ground):
    return Held(ground, request.param)


installed_by_nobody, of_ground, installed, configured, reconfigured, first, breakable, broken = (
    pytest.fixture(_held, name=name) for name in WHERE)
