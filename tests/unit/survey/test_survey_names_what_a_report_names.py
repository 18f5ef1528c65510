"""The checks of a survey have the ids that a report of the same platform has."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from conformance import assets, catalog
from conformance.folder import read
from conformance.model.fidelity import Fidelity
from conformance.survey import checks

SHIPPED = sorted(path.parent for path in assets.folder("reference-manifests").glob("*/platform.yaml"))


def collected(folder):
    """The ids of all checks that a run of a platform has, as pytest collects them."""
    done = subprocess.run([sys.executable, "-m", "pytest", "--pyargs", "conformance.suites", "-c", os.devnull,
                           "-p", "no:cacheprovider", "--import-mode=importlib", "--collect-only", "-q",
                           f"--seatrial=--platform {shlex.quote(str(folder))}"], text=True, capture_output=True, check=True)
    found = re.findall(r"(?:^|/)(\w+)/test_(\w+)\.py::test_(\S+)$", done.stdout, re.MULTILINE)
    return sorted(f"{area}/{subject}::{name}" for area, subject, name in found)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_survey_and_run_name_the_same_checks(path):
    folder, known = read.load(path), catalog.components()
    below = {name: component for name, component in known.items() if component.of_ground}
    components = {spec.name: known[spec.name].set_up(spec.settings) for spec in folder.components} | below
    said = checks.checks(folder, components, known, Fidelity.NODE, mixed=False)
    assert sorted(check.id for check in said) == collected(path)
