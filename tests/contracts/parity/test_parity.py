"""All reference platforms, on two grounds, to the same verdicts: docs/parity.md is what comes of it."""

import subprocess
import sys
from pathlib import Path

GROUNDS = ("local", "kind")
SHIPPED = Path(__file__).parents[3] / "docs" / "parity.md"


def rows(text):
    """The table of requirements, without the day and the versions above it."""
    return text[text.index("| Requirement |"):].strip().splitlines()


def test_every_platform_comes_to_the_same_verdicts_on_local_and_on_kind(ready_for, tmp_path):
    def seatrial(*words):
        done = subprocess.run([sys.executable, "-m", "conformance.cli", *words], cwd=tmp_path, text=True,
                              stdout=subprocess.PIPE, check=False)
        print(done.stdout)
        return done.returncode, done.stdout

    for ground in GROUNDS:
        ready_for(ground)
        assert seatrial("run", "--cluster", ground, "--report", ground)[0] == 0
    for before, after in (GROUNDS, GROUNDS[::-1]):
        assert seatrial("report", "diff", before, after)[0] == 0
    code, table = seatrial("report", "parity", *GROUNDS)
    assert code == 0
    assert rows(table)[-1].endswith("checks end alike, and with the same fidelity, everywhere.")
    assert rows(table) == rows(SHIPPED.read_text())
