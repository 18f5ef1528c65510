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


def test_the_module_sets_and_the_platforms_are_in_it(elsewhere):
    answer = _ask(elsewhere, "-c", "from conformance import assets; from conformance.builds.catalogue import SETS;"
                  "print(sorted(p.parent.name for p in assets.folder('reference-manifests').glob('*/platform.yaml')));"
                  "print(sorted(p.parent.name for p in SETS.glob('*/go.sum')))")
    assert answer.stdout.splitlines() == [
        "['exercise-128-gpus', 'gang-training', 'pytorch-training', 'team-queues']",
        "['controllers', 'coredns', 'etcd', 'kubernetes', 'volcano']"], answer.stderr
