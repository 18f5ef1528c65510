"""The wheel, installed elsewhere: what a user gets."""

import os
import re
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


def _ask(python, *words, **environment):
    return subprocess.run([python, *words], cwd=python.parent, capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})


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


@pytest.fixture(scope="module")
def beside(elsewhere, tmp_path_factory):
    """The same environment with somebody's plugin beside us, which has options that could be ours."""
    folder = tmp_path_factory.mktemp("beside")
    subprocess.run([elsewhere, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", folder,
                    "pytest-kind"], check=True)
    return folder


def test_an_ordinary_pytest_beside_pytest_kind_is_left_alone(elsewhere, beside, tmp_path):
    (tmp_path / "test_theirs.py").write_text("def test_theirs(request):\n"
                                             "    assert request.config.getoption('cluster_name') == 'theirs'\n")
    answer = _ask(elsewhere, "-m", "pytest", "-p", "no:cacheprovider", "--cluster-name", "theirs", str(tmp_path),
                  PYTHONPATH=beside)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert {"kind", "seatrial"} <= set(re.findall(r"(\w+)-[\d.]+", answer.stdout.partition("plugins: ")[2]))
    assert "1 passed" in answer.stdout


def test_behaviours_are_planned_beside_pytest_kind(elsewhere, beside):
    answer = _ask(elsewhere, "-m", "pytest", "--pyargs", "conformance.suites", "--collect-only", "-p", "no:cacheprovider",
                  "--seatrial=--cluster kind --only scheduling", "-k", "unit and vision", PYTHONPATH=beside)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "seatrial: cluster kind from option, cluster name seatrial from default" in answer.stdout
    assert "test_a_team_gets_its_guaranteed_gpus_to_the_unit[vision]" in answer.stdout


def test_the_command_runs_beside_pytest_kind(elsewhere, beside, tmp_path):
    """To its own pytest process and back, on a cluster that is not there: no option of that process is somebody's."""
    (tmp_path / "kubeconfig").write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: nobody\n"
        "clusters: [{name: nobody, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "contexts: [{name: nobody, context: {cluster: nobody, user: nobody}}]\nusers: [{name: nobody, user: {}}]\n")
    assert _ask(elsewhere.with_name("seatrial"), "run", "--help", PYTHONPATH=beside).returncode == 0
    answer = _ask(elsewhere.with_name("seatrial"), "run", "--cluster", "existing", "--kubeconfig",
                  str(tmp_path / "kubeconfig"), "--only", "admission", "--report", str(tmp_path / "report"), "-n", "0",
                  "--platform", str(ROOT / "reference-manifests" / "team-queues"), PYTHONPATH=beside)
    log = (tmp_path / "report" / "pytest-team-queues.log").read_text()
    assert "seatrial: cluster existing from option, context nobody from file" in log, answer.stderr + log
    assert "collected" in log
    assert (answer.returncode, "http://127.0.0.1:1 does not answer" in answer.stdout) == (3, True), answer.stderr
