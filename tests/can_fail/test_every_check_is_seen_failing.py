"""What was never seen failing proves nothing: the kill matrix, and a platform folder that is wrong."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import assets


def seatrial(*words, report):
    """Run the command as a user would; return its exit code, its report and what it printed."""
    done = subprocess.run([sys.executable, "-m", "conformance.cli", *words, "--report", report],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout)  # pytest shows it when the test fails
    return done.returncode, json.loads((Path(report) / "report.json").read_text()), done.stdout


def test_every_behaviour_catches_every_fault_that_it_claims_to(tmp_path):
    code, report, _ = seatrial("run", "--prove", report=tmp_path)
    not_caught = [(kill["behaviour"], kill["fault"], kill["platform"], kill["ending"])
                  for kill in report["kill_matrix"] if kill["ending"] not in ("caught", "unsupported")]
    assert not_caught == []
    # What one platform cannot show another one must: each claim is seen somewhere.
    assert report["unseen_pairs"] == []
    assert report["uncaught_faults"] == []
    assert code == 0


@pytest.fixture
def exercise(tmp_path):
    """A copy of the exercise's folder, to be spoilt."""
    folder = tmp_path / "exercise"
    shutil.copytree(assets.folder("reference-manifests") / "exercise-128-gpus", folder)
    return folder


def spoil(folder, queue, old, new):
    """Replace `old` once, after the name of a ClusterQueue."""
    file = folder / "manifests" / "queues.yaml"
    before, name, after = file.read_text().partition(f"name: {queue}\n")
    assert old in after
    file.write_text(before + name + after.replace(old, new, 1))


@pytest.mark.parametrize(("old", "new", "check"), [
    ("    reclaimWithinCohort: Any\n", "", "gets_lent_gpus_back_in_time and serving"),
    ("nominalQuota: 16", "nominalQuota: 15", "guaranteed_gpus_to_the_unit and serving"),
], ids=["no-reclaim", "one-quota-wrong"])
def test_a_platform_that_does_not_keep_its_promise_fails_by_name(exercise, tmp_path, old, new, check):
    spoil(exercise, "serving-c", old, new)
    code, report, _ = seatrial("run", "--platform", str(exercise), "-k", check, report=tmp_path / "report")
    assert [result["outcome"] for result in report["results"]] == ["failed"]
    assert "ClusterQueue serving-c" in report["results"][0]["cause"]
    assert code == 1


def test_that_a_stranger_gets_nothing_of_a_queue_that_serves_nobody_proves_nothing(exercise, tmp_path):
    spoil(exercise, "serving-c", "spec:\n", "spec:\n  stopPolicy: Hold\n")
    code, report, _ = seatrial("run", "--platform", str(exercise), "-k", "(not_selected or without_a_queue) and serving",
                               report=tmp_path / "report")
    assert {result["outcome"] for result in report["results"]} == {"unsupported"}
    assert all("serving" in result["cause"] and "did not play its part" in result["cause"]
               for result in report["results"])
    assert (len(report["results"]), code) == (2, 4)
