"""Upstream manifests are kept with the builds and outlive Go's module cache."""

import json
import shutil
from pathlib import Path

import pytest

from conformance.builds import manifests
from conformance.errors import SeatrialError

GOOD = 'echo "#!/bin/sh" > "$OUT"; echo \'cat "$2/kustomization.yaml"\' >> "$OUT"; chmod 755 "$OUT"'


@pytest.fixture
def module(tmp_path: Path, fake_go) -> Path:
    """A module in a read-only module cache, as Go leaves it, and a kubectl whose kustomize is `cat`."""
    folder = tmp_path / "module"
    for component in manifests.KEPT.values():
        what = folder / component[2] / component[3]
        what.parent.mkdir(parents=True, exist_ok=True)
        if what.suffix:
            what.write_text("kind: Flat\n")
        else:
            what.mkdir()
            (what / "kustomization.yaml").write_text("kind: Rendered\n")
    fake_go(f"""{GOOD} ;;
mod)
  echo '{json.dumps({"Dir": str(folder)})}'""")
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


@pytest.mark.parametrize(("component", "text"), [
    ("kueue", "kind: Rendered\n"), ("training-operator", "kind: Rendered\n"), ("volcano", "kind: Flat\n"),
    ("gatekeeper", "kind: Flat\n"),
])
def test_manifests_are_rendered_once_and_need_no_go_again(component, text, module, request, quiet):
    path = manifests.rendered(component, progress=quiet)
    assert path.read_text() == text
    request.getfixturevalue("no_go")
    shutil.rmtree(module)
    assert manifests.rendered(component) == path


def test_files_of_a_module_are_kept_as_they_are_and_need_no_go_again(module, request, quiet):
    files, network = manifests.kept("kind-node", progress=quiet), manifests.kept("kind-network", progress=quiet)
    request.getfixturevalue("no_go")
    shutil.rmtree(module)
    assert manifests.kept("kind-node") == files
    assert (files / "kustomization.yaml").is_file()
    assert (manifests.kept("kind-network"), network.name) == (network, "const_cni.go")


@pytest.mark.usefixtures("module")
def test_damaged_manifests_are_fetched_again(quiet):
    path = manifests.rendered("volcano", progress=quiet)
    path.write_text("kind: Cut\n")
    assert manifests.rendered("volcano", progress=quiet).read_text() == "kind: Flat\n"


@pytest.mark.usefixtures("module")
def test_lost_manifests_are_fetched_again(cache, quiet):
    manifests.rendered("kueue", progress=quiet)
    shutil.rmtree(cache / "manifests")
    shutil.rmtree(cache / "rendered")
    assert manifests.rendered("kueue", progress=quiet).read_text() == "kind: Rendered\n"


def test_manifests_that_cannot_be_rendered_are_one_line(module, fake_go, cache, quiet):
    fake_go(f"""echo '#!/bin/sh' > "$OUT"
  echo 'echo no such overlay >&2; exit 1' >> "$OUT"; chmod 755 "$OUT" ;;
mod)
  echo '{json.dumps({"Dir": str(module)})}'""")
    with pytest.raises(SeatrialError, match="manifests of kueue cannot be rendered: no such overlay"):
        manifests.rendered("kueue", progress=quiet)
    assert not (cache / "rendered").exists()
