"""A product that nobody knows, as one folder: it is read, drafted, planned and surveyed, and nothing else says a word of it."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from conformance import assets, catalog, cli
from conformance import components as package
from conformance.catalog import HalfMade
from conformance.clusters.existing import rights
from conformance.errors import UsageError
from conformance.folder import promises, read
from conformance.model.behaviour import Behaviour
from conformance.model.fidelity import Fidelity
from conformance.platform import on_existing
from conformance.run.planning import subjects

PLATFORM = """seatrial: 1
description: a platform of a product that nobody knows
components:
  - {name: tally, version: v7.0.0, settings: {rounds: 3}}
manifests: [shares.yaml]
"""
SHARE = "---\napiVersion: tally.example.com/v1\nkind: Share\nmetadata: {{name: {name}}}\nspec: {{gpus: {gpus}}}\n"
SPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"


@pytest.fixture
def place(tmp_path):
    """The folder of the component, where a test may still take something out of it."""
    folder = tmp_path / "vendor" / "tally"
    shutil.copytree(Path(__file__).parent / "tally", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def walked(place, monkeypatch):
    """A function that lets the folder be walked, as if it stood among the others."""
    def forget():
        for cached in (catalog.components, read.schema):
            cached.cache_clear()
        for name in [name for name in sys.modules if name.startswith("conformance.components.tally")]:
            del sys.modules[name]
        vars(package).pop("tally", None)

    def run():
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(place.parent)])
        monkeypatch.setattr(assets, "COMPONENTS", [*assets.COMPONENTS, place.parent])
        forget()
        return catalog.components()

    yield run
    monkeypatch.undo()
    forget()


@pytest.fixture
def folder(tmp_path):
    def write(text=PLATFORM):
        (tmp_path / "platform.yaml").write_text(text)
        (tmp_path / "shares.yaml").write_text("".join(
            SPACE.format(name=name) + SHARE.format(name=name, gpus=gpus) for name, gpus in (("red", 8), ("blue", 16))))
        return tmp_path

    return write


def test_a_folder_may_name_it_and_its_settings_are_held_to_its_schema(walked, folder):
    walked()
    assert read.load(folder()).component("tally").settings == {"rounds": 3}
    with pytest.raises(UsageError, match="rounds"):
        read.load(folder(PLATFORM.replace("rounds: 3", "rounds: many")))
    with pytest.raises(UsageError, match="does not build tally v6") as refused:
        read.load(folder(PLATFORM.replace("v7.0.0", "v6")))
    assert refused.value.way_out == "write version: v7.0.0"


def test_its_promises_are_drafted_and_held_against_its_manifests(walked, folder, capsys):
    walked()
    found = read.load(folder())
    assert {team.name: team.guaranteed_gpus for team in promises.draft(found).teams} == {"red": 8, "blue": 16}
    team = promises.draft(found).teams[0]
    assert [other.name for other in promises.sharing_with(team, found)] == ["blue"]
    said = PLATFORM + ("promises:\n  confirmed_by: me\n  teams:\n"
                       "    - {name: a, namespace: red, queue: red, component: tally, guaranteed_gpus: 9}\n")
    assert cli.main(["promises", str(folder(said))]) == 1
    told = capsys.readouterr().out
    assert "Share red: team a is guaranteed more than 8 GPUs" in told
    assert "Share blue: gpus 16: no promise covers it" in told
    with pytest.raises(UsageError, match="there is no Share called 'rde'"):
        read.load(folder(said.replace("queue: red", "queue: rde")))


def test_behaviours_are_planned_for_its_teams(walked, folder):
    known = walked()
    found = read.load(folder())
    planned = {behaviour.id.partition("::")[2]: subjects(
        behaviour, platform=found.name, promises=promises.promised(found),
        components={"tally": known["tally"]}) for behaviour in catalog.behaviours()}
    guaranteed = planned["a_team_gets_its_guaranteed_gpus_to_the_unit"]
    assert [(one.id, one.component.name) for one in guaranteed] == [("red", "tally"), ("blue", "tally")]
    assert planned["borrowers_share_spare_gpus_evenly"][0].refusal == (
        f"no component of {found.name} provides fair-sharing (it has tally)")


def test_it_is_surveyed(walked, pretend_cluster, capsys):
    walked()
    pretend_cluster.kinds["tally.example.com/v1/Share"] = "shares"
    pretend_cluster.add("apps/v1/Deployment", "tally", "tally-system", spec={"version": "v7.0.0"})
    pretend_cluster.add("tally.example.com/v1/Share", "red", spec={"gpus": 8})
    assert cli.main(["survey", "--kubeconfig", str(pretend_cluster.kubeconfig), "--output", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["version"]) for one in said["components"]] == [("tally", "v7.0.0")]
    assert [(one["kind"], one["name"], one["guaranteed_gpus"]) for one in said["queues"]] == [("Share", "red", 8)]
    assert any("[red]" in check["id"] and not check["missing"] for check in said["checks"])


def test_its_queues_are_looked_at_on_a_cluster_of_others(walked, folder):
    known = walked()
    found = read.load(folder())
    behaviour = Behaviour(id="a/b::c", title="t", why="", requirement="quota", needs=(), catches=(),
                          fidelity=Fidelity.CONTROL_PLANE)
    assert on_existing.gpus_of_others(None, found, behaviour, known["tally"], promises.draft(found).teams[0]) == {
        "Share red": 3, "Share blue": 3}


def test_what_it_needs_on_a_cluster_of_others_is_collected(walked):
    before = rights.made()
    walked()
    assert {right.full for right in rights.wanted(["tally"])} - {right.full for right in rights.wanted([])} == {
        "claims.tally.example.com"}
    assert {*rights.made()} - {*before} == {("tally.example.com", "claims")}
    assert "resourceNames: [tally]" in rights.text("read")
    assert "  name: seatrial-changes-tally\n" in rights.text("changes")


@pytest.mark.parametrize(("text", "message"), [
    ("look: []", "rights.yaml:1:1: no rights are for 'look'"),
    ("survey: [{apiGroups: [apps], resources: [pods], verb: [get]}]", "rights.yaml:1.*: unknown key 'verb'"),
    ("survey: [{apiGroups: [apps], resources: [pods]}]", "rights.yaml:1.*: verbs must be a list"),
])
def test_rights_that_cannot_be_read_are_refused_with_their_place(place, walked, text, message):
    (place / "rights.yaml").write_text(text)
    walked()
    with pytest.raises(UsageError, match=message):
        rights.text("read")


@pytest.mark.parametrize(("take_out", "message"), [
    (lambda place: (place / "settings.schema.json").unlink(), "it has no settings.schema.json"),
    (lambda place: (place / "rights.yaml").unlink(), "it has no rights.yaml"),
    (lambda place: _without(place, 'version="v7.0.0", '), "nobody says which version it is"),
    (lambda place: _without(place, "queues=queues, "), "nobody says how its queues share GPUs"),
    (lambda place: _without(place, "live=live, "), "nobody says how its queues share GPUs"),
])
def test_half_made_it_is_refused(place, walked, take_out, message):
    take_out(place)
    with pytest.raises(HalfMade, match=message):
        walked()


def _without(place, text):
    file = place / "__init__.py"
    assert text in file.read_text()
    file.write_text(file.read_text().replace(text, ""))
