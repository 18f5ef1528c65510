"""Folders that must be rendered before they can be judged: kustomizations and Helm charts."""

import shutil
import subprocess
from pathlib import Path

from conformance.model.finding import Problem

LIMIT_S = 120
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_CHART = "Chart.yaml"


def is_chart(folder: Path) -> bool:
    """Say whether a folder is a Helm chart."""
    return (folder / _CHART).is_file()


def kustomization(folder: Path) -> Path | None:
    """Return the file that makes a folder a kustomization, None where there is none."""
    return next((folder / name for name in _KUSTOMIZATIONS if (folder / name).is_file()), None)


def tool_for(folder: Path) -> list[list[str]]:
    """Return the commands that can render a folder, the first that is installed wins; none: it needs no rendering."""
    if is_chart(folder):
        return [["helm", "template", str(folder)]]
    if kustomization(folder):
        return [["kustomize", "build", str(folder)], ["kubectl", "kustomize", str(folder)]]
    return []


def rendered(folder: Path) -> str | Problem:
    """Return what a folder renders to, or a Problem when its tool is missing or fails."""
    commands = tool_for(folder)
    command = next((command for command in commands if shutil.which(command[0])), None)
    if command is None:
        tools = " or ".join(command[0] for command in commands)
        return Problem(file=str(folder), message=f"must be rendered first, and {tools} is not installed",
                       way_out=f"install it, or: {' '.join(commands[0])} | seatrial audit -")
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return Problem(file=str(folder), message=f"{' '.join(command)} did not end within {LIMIT_S} s")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return Problem(file=str(folder), message=f"{' '.join(command)} failed: {said[-1] if said else done.returncode}")
    return done.stdout.decode(errors="replace")
