"""What `seatrial new` writes is refused until it is filled in, and is taken after that."""

import importlib.util
import sys

import pytest

from conformance import assets, catalog, cli
from conformance.catalog import HalfMade
from conformance.clusters.existing import rights


@pytest.fixture
def loaded(monkeypatch):
    """A function that imports a file, as a walk does."""
    def load(file, name):
        spec = importlib.util.spec_from_file_location(
            name, file, submodule_search_locations=[str(file.parent)] if file.name == "__init__.py" else None)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load


def test_a_component_is_refused_until_it_has_a_role_and_a_version_and_is_written(tmp_path, loaded, capsys, monkeypatch):
    assert cli.main(["new", "component", "some-queue", "--in", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "some_queue/rights.yaml" in said
    assert "next: write install" in said
    file = tmp_path / "some_queue" / "__init__.py"
    with pytest.raises(HalfMade, match="nobody says which part of a platform it plays"):
        catalog._whole(loaded(file, "made.some_queue"))
    file.write_text(file.read_text().replace("roles=frozenset()", 'roles=frozenset({"queue"})'))
    with pytest.raises(HalfMade, match="nobody says which version it is"):
        catalog._whole(loaded(file, "made.some_queue"))
    file.write_text(file.read_text().replace('version=""', 'version="v1.0.0"'))
    for begun in ("install", "detect", "dress"):
        with pytest.raises(HalfMade, match=f"{begun} is not written"):
            catalog._whole(loaded(file, "made.some_queue"))
        file.write_text(file.read_text().replace("    raise NotImplementedError", "    return []", 1))
    found = catalog._whole(loaded(file, "made.some_queue"))
    assert (found.name, found.version, found.settings_schema["type"]) == ("some-queue", "v1.0.0", "object")
    monkeypatch.setattr(assets, "COMPONENTS", [*assets.COMPONENTS, tmp_path])
    assert "resourceNames: [some-queue]" in rights.text("read")


def test_a_behaviour_is_refused_until_it_catches_a_fault(tmp_path, loaded, capsys):
    assert cli.main(["new", "behaviour", "scheduling/gang-order", "--in", str(tmp_path)]) == 0
    assert "name its requirement and features" in capsys.readouterr().out
    file = tmp_path / "scheduling" / "test_gang_order.py"
    with pytest.raises(HalfMade, match="scheduling/gang_order::gang_order_holds: it catches no fault"):
        loaded(file, "made_gang_order")
    file.write_text(file.read_text().replace("catches={}", 'catches={"guarantee-halved": "why it must be so"}'))
    found = catalog.declared(loaded(file, "made_gang_order").test_gang_order_holds)
    assert found.id == "scheduling/gang_order::gang_order_holds"


@pytest.mark.parametrize(("what", "name"), [
    ("component", "a/b"), ("component", "Some"), ("component", ""), ("component", "7up"), ("behaviour", "gang"),
    ("policy", "gang"), ("policy", "a/../b")])
def test_a_name_that_is_none_is_refused(tmp_path, capsys, what, name):
    assert cli.main(["new", what, name, "--in", str(tmp_path)]) == 2
    assert f"is no name of a {what}" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(("what", "name"), [("component", "a"), ("behaviour", "a/b"), ("policy", "a/b")])
def test_what_is_there_is_not_written_over(tmp_path, capsys, what, name):
    assert cli.main(["new", what, name, "--in", str(tmp_path)]) == 0
    assert cli.main(["new", what, name, "--in", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
