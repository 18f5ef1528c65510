"""The composite action's shells, run as a runner of GitHub runs them."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass(frozen=True)
class Ended:
    """How a step ended, and what it told the steps after it."""

    code: int
    said: str
    outputs: dict
    summary: str


class Runner:
    """A runner with folders of its own; a step's `seatrial` is the one on its PATH."""

    def __init__(self, folder, path):
        self.temp, self.work = folder / "temp", folder / "work"
        self.temp.mkdir()
        self.work.mkdir()
        self.path = path
        steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
        self.steps = {step["name"]: step for step in steps}

    def run(self, name, values=None, **environment):
        """Run the shell of a step; `values` are those of the expressions in its environment, all of which are needed."""
        step, files = self.steps[name], {}
        assert step["shell"] == "bash"
        for file in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"):
            files[file] = self.temp / file
            files[file].write_text("")
        given = {key: EXPRESSION.sub(lambda found: (values or {})[found[1]], value)
                 for key, value in step.get("env", {}).items()}
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=self.work, capture_output=True, text=True,
            check=False, env={"PATH": self.path, "HOME": os.environ["HOME"], "RUNNER_OS": "Linux",
                              "RUNNER_TEMP": str(self.temp), "GITHUB_ACTION_PATH": str(ROOT), "CI": "true",
                              **{file: str(path) for file, path in files.items()}, **given, **environment})
        self.path = os.pathsep.join([*files["GITHUB_PATH"].read_text().split(), self.path])
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        return Ended(ended.returncode, ended.stdout + ended.stderr, outputs, files["GITHUB_STEP_SUMMARY"].read_text())


@pytest.fixture
def runner(tmp_path):
    """A runner on which Seatrial is installed: this checkout."""
    return Runner(tmp_path, f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def bare_runner(tmp_path):
    """A runner that knows nothing of Seatrial."""
    return Runner(tmp_path, os.defpath + ":/usr/sbin:/sbin")
