"""What the action does on a runner, step by step, with the real command."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from conformance.clusters import local
from conformance.model.fidelity import Fidelity
from conformance.model.outcome import Outcome
from conformance.model.report import Report, Result
from conformance.report.run import json as json_report

INPUTS = {"inputs.platform": "platforms/a b\nplatforms/c\n", "inputs.cluster": "local", "inputs.options": "",
          "inputs.report": "seatrial-report"}
ROOT = Path(__file__).parents[2]


def test_the_command_is_installed_and_the_python_of_later_steps_stays(bare_runner):
    python = subprocess.run(["python3", "-c", "import sys; print(sys._base_executable)"], capture_output=True, text=True, check=True).stdout.strip()
    before = bare_runner.path
    ended = bare_runner.run("Install Seatrial", {"steps.python.outputs.python-path": python})
    assert ended.code == 0, ended.said
    (added,) = bare_runner.path.removesuffix(before).rstrip(os.pathsep).split(os.pathsep)
    assert os.listdir(added) == ["seatrial"]
    key = subprocess.run(["seatrial", "build", "--key"], env={"PATH": bare_runner.path, "HOME": os.environ["HOME"]},
                         capture_output=True, text=True, check=True).stdout.strip()
    assert ended.outputs == {"key": f"seatrial-{key}"}
    assert len(key) == 64


def test_a_runner_that_is_not_linux_is_told_so(bare_runner):
    ended = bare_runner.run("Install Seatrial", {"steps.python.outputs.python-path": "python3"}, RUNNER_OS="macOS")
    assert (ended.code, ended.said) == (2, "::error::Seatrial needs a Linux runner, this one is macOS\n")


@pytest.mark.parametrize(("inputs", "said"), [
    ({}, "platforms/a b"), ({"inputs.options": "--only\nno such area\n"}, "no such area"),
    ({"inputs.cluster": "moon"}, "there is no kind of cluster 'moon'")])
def test_wrong_input_ends_the_trial_with_2_and_the_summary_says_where_to_look(runner, inputs, said):
    if "inputs.options" in inputs:
        inputs |= {"inputs.platform": str(ROOT / "reference-manifests" / "team-queues")}
    ended = runner.run("Trial", INPUTS | inputs)
    assert (ended.code, ended.outputs) == (2, {"code": "2"})
    assert said in ended.said
    assert "Traceback" not in ended.said
    summary = runner.run("Summary", {**INPUTS, "steps.trial.outputs.code": "2"})
    assert summary.code == 0
    assert summary.summary == "Seatrial ended with 2 before there was a report: see the step Trial.\n"


def test_the_summary_of_the_job_is_the_report(runner):
    folder = runner.work / "seatrial-report"
    folder.mkdir()
    json_report.write(Report(seatrial="0.1.0", started="2026-11-24T02:00:00Z", duration_s=1, cluster={"kind": "kind"},
                             results=(Result(id="a/b::c[d]", promise="It holds.", platform="p", component="kueue",
                                             outcome=Outcome.FAILED, fidelity=Fidelity.NODE, cluster="c", duration_s=1,
                                             cause="saw 15", requirement="quota"),)), folder)
    ended = runner.run("Summary", {**INPUTS, "steps.trial.outputs.code": "1"})
    assert ended.code == 0, ended.said
    assert ended.summary.startswith("## Seatrial\n\n**The platform does not keep its promises.** 1 failed;")


@pytest.mark.skipif(bool(local.missing()), reason=f"no local cluster here: {local.missing()[:1]}")
def test_on_a_local_cluster_the_trial_is_run_and_its_summary_written(runner):
    inputs = INPUTS | {"inputs.platform": str(ROOT / "reference-manifests" / "team-queues"),
                       "inputs.options": "-k\nguaranteed_gpus_to_the_unit\n"}
    ended = runner.run("Trial", inputs, SEATRIAL_STATE=os.environ.get("SEATRIAL_STATE", ""))
    assert (ended.code, ended.outputs) == (0, {"code": "0"}), ended.said
    assert sorted(path.name for path in (runner.work / "seatrial-report").iterdir()) == [
        "junit.xml", "pytest-team-queues.log", "report.html", "report.json"]
    summary = runner.run("Summary", {**inputs, "steps.trial.outputs.code": "0"})
    assert "| quota | ✅ passed |" in summary.summary


@pytest.mark.parametrize("name", ["SEATRIAL_SOURCE", "SEATRIAL_VERSION", "TRIAL_PLATFORM"])
def test_a_job_of_gitlab_that_lacks_a_setting_is_told_which(name, tmp_path):
    job = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text())[".seatrial"]
    given = {key: value or "something" for key, value in job["variables"].items()} | {name: ""}
    ended = subprocess.run(["bash", "-c", job["script"][0]], cwd=tmp_path, capture_output=True, text=True, check=False,
                           env={"PATH": os.defpath, **given})
    assert (ended.returncode, ended.stderr) == (2, f"the job that extends .seatrial must set {name}\n")
    assert list(tmp_path.iterdir()) == []
