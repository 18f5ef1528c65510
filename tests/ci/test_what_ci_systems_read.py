"""The files that GitHub and GitLab read, as far as that can be known without them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCHEMAS = {"action.yml": "vendor.github-actions", ".github/workflows/trial.yml": "vendor.github-workflows",
           "ci/gitlab.yml": "vendor.gitlab-ci"}
OFFICIAL = re.compile(r"actions/(cache|checkout|setup-python|(up|down)load-artifact)(/(restore|save))?@v\d+")
BIN = Path(sys.executable).parent


def judged(name, text, folder):
    if name == "ci/gitlab.yml":
        text = text.replace("\n.seatrial:", "\ntrial:")  # a job that is only there to be extended may hold anything
    (folder / "file.yml").write_text(text)
    return subprocess.run([BIN / "check-jsonschema", "--builtin-schema", SCHEMAS[name], folder / "file.yml"],
                          capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_keeps_to_its_schema(name, tmp_path):
    told = judged(name, (ROOT / name).read_text(), tmp_path)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize(("name", "right", "wrong"), [
    ("action.yml", "using: composite", "using: composed"), (".github/workflows/trial.yml", "runs-on: ", "runs: "),
    ("ci/gitlab.yml", "when: always", "when: sometimes")])
def test_the_schemas_see_what_is_wrong(name, right, wrong, tmp_path):
    assert judged(name, (ROOT / name).read_text().replace(right, wrong), tmp_path).returncode == 1


def steps():
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    workflow = yaml.safe_load((ROOT / ".github/workflows/trial.yml").read_text())
    found = [("action.yml", step) for step in action["runs"]["steps"]]
    return found + [(name, step) for name, job in workflow["jobs"].items() for step in job["steps"]]


def shells():
    found = {f"{where}-{number}": step["run"] for number, (where, step) in enumerate(steps()) if "run" in step}
    (script,) = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text())[".seatrial"]["script"]
    return found | {"gitlab": script}


def shellcheck(what, **more):
    return subprocess.run([BIN / "shellcheck", "--shell=bash", "--external-sources", what], capture_output=True, text=True,
                          check=False, cwd=ROOT, **more)


@pytest.mark.parametrize("name", shells())
def test_each_shell_passes_shellcheck(name):
    told = shellcheck("-", input=shells()[name])
    assert told.returncode == 0, told.stdout


def shell_scripts():
    """Return .ci/run and the scripts that a shell runs, from the repository's root; others are Python, data, folders."""
    files = [file for file in sorted((ROOT / "scripts").iterdir()) if file.is_file()]
    return [".ci/run", *(f"scripts/{file.name}" for file in files
                         if file.suffix == ".sh" or file.read_text().partition("\n")[0].endswith("bash"))]


def test_the_scripts_that_a_shell_runs_are_found():
    assert {"scripts/trial", "scripts/test", "scripts/setup.sh", "scripts/packages.sh"} <= set(shell_scripts())


@pytest.mark.parametrize("file", shell_scripts())
def test_each_script_passes_shellcheck(file):
    told = shellcheck(file)
    assert told.returncode == 0, told.stdout


def test_others_actions_are_the_official_ones_by_their_major_version():
    used = {step["uses"] for _, step in steps() if "uses" in step}
    assert {name for name in used if not OFFICIAL.fullmatch(name)} == {"./"}


def test_no_shell_holds_what_somebody_else_wrote():
    """GitHub puts expressions into a shell before it is read: a branch's name would be a command."""
    assert [name for name, shell in shells().items() if "${{" in shell] == []


def test_the_cache_is_restored_and_saved_under_one_key_and_holds_what_a_build_leaves():
    kept = [step["with"] for _, step in steps() if step.get("uses", "").startswith("actions/cache/")]
    assert len(kept) == 2
    assert kept[0] == kept[1]
