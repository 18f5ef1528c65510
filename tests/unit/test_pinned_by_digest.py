"""What scripts/setup.sh installs by digest is what the package asks for."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = re.findall(r"^([\w-]+==\S+) \\$", (ROOT / "scripts" / "by-digest.txt").read_text(), re.MULTILINE)


def test_the_version_with_a_digest_is_the_one_that_is_asked_for():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert [one for one in asked if "regorus" in one] == PINNED != []


def test_it_is_the_one_that_is_installed():
    for one in PINNED:
        name, _, wanted = one.partition("==")
        assert version(name) == wanted
