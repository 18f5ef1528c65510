"""Tiny suites on a pretend ground: the plugin without a cluster."""

import argparse
import json
import shlex

import pytest

# All of the harness is imported here: pytester forgets modules that are first imported in a run of its own.
from conformance import catalog
from conformance.run import (
    ground,  # noqa: F401
    session,  # noqa: F401
)
from conformance.run.settings import Chosen, add_options, chosen_by, settings

GROUND = '''
import os
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance import catalog
from conformance.errors import SeatrialError, Unsupported, UsageError
from conformance.model.component import Component
from conformance.model.fault import Fault
from conformance.model.feature import Feature
from conformance.model.fidelity import Fidelity
from conformance.model.promise import Promises, Team
from conformance.waiting import Unmet

HERE = Path(__file__).parent


def note(text):
    with (HERE / "notes").open("a") as file:
        file.write(text + "\\n")


@contextmanager
def _quota_dropped(site):
    note(f"break {site.team.name if site.team else site.folder.name}")
    (HERE / "broken").touch()
    yield
    (HERE / "broken").unlink()
    note("mend")


@contextmanager
def _cannot_be_applied(site):
    raise AssertionError("the deployment never rolled out")
    yield


@contextmanager
def _cannot_be_taken_back(site):
    (HERE / "broken").touch()
    yield
    raise RuntimeError("the old configuration is lost")


@contextmanager
def _harmless(site):
    yield


FAULTS = (Fault(name="quota-dropped", description="d", applied=_quota_dropped),
          Fault(name="not-applicable", description="d", applied=_cannot_be_applied),
          Fault(name="not-reversible", description="d", applied=_cannot_be_taken_back),
          Fault(name="harmless", description="d", applied=_harmless))


def component(name, *features, faults=(), of_ground=False):
    return Component(name=name, provides=frozenset(features), install=None, detect=lambda api: api.get(name),
                     dress=None, faults=faults, of_ground=of_ground)


COMPONENTS = {
    "kueue": component("kueue", Feature.QUOTA, Feature.BORROWING, faults=FAULTS),
    "volcano": component("volcano", Feature.QUOTA, Feature.GANG_SCHEDULING,
                         faults=(Fault(name="gang-plugin-off", description="d", applied=_quota_dropped),)),
    "training-operator": component("training-operator", Feature.PYTORCH_TRAINING),
    "gpu-layer": component("gpu-layer", Feature.FAKE_GPU, of_ground=True),
    "elsewhere": component("elsewhere", Feature.TOPOLOGY,
                           faults=(Fault(name="levels-swapped", description="d", applied=_harmless),)),
}
catalog.components = lambda: COMPONENTS
catalog.areas = lambda: ("scheduling", "training")


def team(name, **promised):
    return Team(name=name, namespace=name, queue="gpus", component=promised.pop("component", "kueue"), **promised)


TEAMS = (team("training-a", guaranteed_gpus=64, may_borrow_gpus=32), team("serving-c", guaranteed_gpus=16),
         team("batch-v", component="volcano", starts_as_gang=True))


class Cluster:
    kubeconfig = HERE / "kubeconfig"
    api = {"kueue": "v1"}

    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        self.fidelity = Fidelity.CONTROL_PLANE

    def describe(self):
        return {"kind": self.kind, "name": self.name}

    def collect(self, folder):
        note(f"collect into {folder}")

    def close(self):
        note(f"close {self.name}")


class Ground:
    def read_folder(self, path):
        if path.name == "missing":
            raise UsageError(f"{path} is no platform folder", "name one that has a platform.yaml")
        names = ["kueue", "volcano", "training-operator"]
        names += ["unheard-of"] if path.name == "strange" else []
        return SimpleNamespace(name=path.name, path=path, nodes=None,
                               components=[SimpleNamespace(name=name, settings={}) for name in names])

    def promises(self, folder):
        return Promises(teams=TEAMS, confirmed_by=None if folder.name == "draft" else "the owner")

    def uncovered_limits(self, folder):
        return ("ClusterQueue a: lendingLimit",)

    def pool(self, team, folder):
        return "all"

    def components(self):
        return COMPONENTS

    def open_cluster(self, settings, folder, say):
        if settings.cluster_name == "impossible":
            raise SeatrialError("this machine has no containerd", "apt-get install containerd")
        if settings.cluster_name == "slow":
            raise Unmet("every node is Ready: expected to become {} within 61.7 s; saw {'node-1'}", "  node-1: why")
        note(f"open {settings.cluster_name} for {folder.name}")
        return Cluster(settings.cluster, settings.cluster_name), settings.cluster_name != "theirs"

    def attach(self, kind, name, kubeconfig, context):
        note(f"attach {name}")
        return Cluster(kind, name)

    def moved(self, folder, permit):
        return folder

    def check_visit(self, cluster, folder, *, behaviour, component, team):
        if component.name == "volcano":
            raise Unsupported("volcano is not on seatrial")

    def install(self, cluster, folder, say):
        note(f"install {folder.name}")
        if folder.name == "unfit":
            raise SeatrialError("kueue does not become available")
        say("kueue v0.19.2 is ready")

    @contextmanager
    def platform(self, cluster, folder, *, behaviour, component, team):
        yield SimpleNamespace(component=component, team=team, whole=not (HERE / "broken").exists())


def pytest_seatrial_ground(config):
    return Ground()
'''

HEADER = """
import pytest
from conformance import (Disabled, Disturbance, Feature, Fidelity, Inconclusive, Invalid, SeatrialError, Unsupported, behaviour,
                         eventually)

def promise(promise=None, needs=(Feature.QUOTA,), catches={"quota-dropped": "the quota"},
            fidelity=Fidelity.CONTROL_PLANE, **more):
    return behaviour(requirement="quota", needs=needs, fidelity=fidelity, catches=catches, promise=promise, **more)
"""


class Trial:
    """One run of the plugin over a suite that a test wrote."""

    def __init__(self, pytester, plugin):
        self.pytester = pytester
        self.plugin = plugin
        self.path = pytester.path
        pytester.makeconftest(GROUND)

    def suite(self, text, area="scheduling", subject="quota"):
        folder = self.path / area
        folder.mkdir(exist_ok=True)
        (folder / f"test_{subject}.py").write_text(HEADER + text)

    def run(self, *args, platform="queues", kept=None, separately=False):
        """Run as `seatrial run` does: what is ours among the options goes into a file."""
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        add_options(parser)
        ours, theirs = parser.parse_known_args(args)
        found = settings({**chosen_by(ours), "platform": Chosen(platform)}).of_this_run(
            results="rows", **({"diagnostics": kept} if kept else {}))
        (self.path / "settings.json").write_text(found.text())
        return self._pytest("--seatrial-settings", "settings.json", *theirs, separately=separately)

    def by_hand(self, *args, words=(), platform="queues", separately=False):
        """Run as a person does, who gives our options in one string."""
        words = [*words, "--platform", platform]
        return self._pytest(f"--seatrial={shlex.join(words)}", *args, separately=separately)

    def _pytest(self, *args, separately):
        run = self.pytester.runpytest_subprocess if separately else self.pytester.runpytest_inprocess
        return run(*self.plugin, "-p", "no:cacheprovider", "-p", "no:randomly", *args)

    def rows(self, kind):
        file = self.path / "rows"
        rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [row for row in rows if row["row"] == kind]

    def verdicts(self):
        return {row["id"].partition("::")[2]: row["outcome"] for row in self.rows("result")}

    def causes(self):
        return {row["id"].partition("::")[2]: row["cause"] for row in self.rows("result")}

    def kills(self):
        return {(row["behaviour"].partition("::")[2], row["fault"]): row["outcome"] for row in self.rows("kill")}

    def notes(self):
        file = self.path / "notes"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture(name="trial")
def a_trial(pytester, monkeypatch, request):
    """Return a Trial; what its conftest puts into the catalogue is taken out again."""
    for name in ("components", "areas"):
        monkeypatch.setattr(catalog, name, getattr(catalog, name))
    monkeypatch.setattr(catalog, "_declared", {})
    installed = request.config.pluginmanager.has_plugin("seatrial")
    return Trial(pytester, () if installed else ("-p", "conformance.plugin"))
