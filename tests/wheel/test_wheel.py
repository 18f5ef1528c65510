"""The wheel, installed elsewhere: what a user gets."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """An environment that holds the wheel and, through a path file, our dependencies; not the checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder / "dist", ROOT], check=True)
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check",
                    next((folder / "dist").glob("*.whl"))], check=True)
    return python


def _ask(python, *words):
    return subprocess.run([python, *words], cwd=python.parent, capture_output=True, text=True, check=False)


def test_the_command_answers(elsewhere):
    answer = _ask(elsewhere.with_name("seatrial"), "--version")
    assert (answer.returncode, answer.stdout) == (0, "seatrial 0.1.0\n")


def test_it_does_not_find_the_checkout(elsewhere):
    answer = _ask(elsewhere, "-c", "import conformance; print(conformance.__file__)")
    assert str(ROOT) not in answer.stdout
    assert "site-packages" in answer.stdout


def test_every_suite_can_be_collected(elsewhere):
    answer = _ask(elsewhere, "-m", "pytest", "--pyargs", "conformance.suites", "--collect-only", "-q",
                  "-p", "no:cacheprovider")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "test_a_team_gets_its_guaranteed_gpus_to_the_unit[vision]" in answer.stdout


def test_the_module_sets_the_platforms_and_the_policies_are_in_it(elsewhere):
    """Whatever stands in the checkout: what the checkout has and the wheel has not is what a user would miss."""
    asks = ("from conformance import assets; from conformance.builds.catalogue import SETS;"
            "print(sorted(p.parent.name for p in assets.folder('reference-manifests').glob('*/platform.yaml')));"
            "print(sorted(p.parent.name for p in SETS.glob('*/go.sum')), assets.of_components('go.sum').keys());"
            "print(assets.of_components('settings.schema.json').keys(), assets.of_components('build.toml').keys());"
            "print(sorted(str(p.relative_to(assets.folder('policies'))) for p in assets.folder('policies').rglob('*')"
            " if p.is_file()))")
    there = _ask(elsewhere, "-c", asks)
    here = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert "gatekeeper" in here.stdout
    assert there.stdout == here.stdout, there.stderr


def test_manifests_are_judged_elsewhere(elsewhere, tmp_path):
    (tmp_path / "queue.yaml").write_text("apiVersion: kueue.x-k8s.io/v1beta1\nkind: LocalQueue\nmetadata: {name: a}\n")
    answer = _ask(elsewhere, "-m", "conformance.cli", "audit", str(tmp_path), "--fail-on", "warning")
    assert answer.returncode == 1, answer.stderr
    assert "kueue/current-api-version" in answer.stdout
