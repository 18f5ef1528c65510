"""Output that is read by a program, or by nobody any more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEATRIAL = [sys.executable, "-m", "conformance.cli"]
COMMANDS = [("status",), ("build", "--list"), ("promises", "reference-manifests/team-queues")]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_reader_that_has_had_enough_is_no_error(words):
    reader, writer = os.pipe()
    os.close(reader)
    told = subprocess.run([*SEATRIAL, *words], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("words", COMMANDS)
def test_output_that_cannot_be_written_is_our_error_in_one_line(words):
    with Path("/dev/full").open("w") as full:
        told = subprocess.run([*SEATRIAL, *words], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (told.returncode, told.stderr) == (3, "seatrial: the output: No space left on device\n")


@pytest.mark.parametrize("words", COMMANDS)
def test_what_a_program_reads_has_no_colour(words):
    told = subprocess.run([*SEATRIAL, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "\x1b" not in told.stdout + told.stderr


def test_help_of_one_command_loads_no_other():
    program = ("import sys; from conformance import cli\n"
               "try: cli.main(['build', '--help'])\n"
               "except SystemExit: print('kubernetes' in sys.modules, file=sys.stderr)")
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stderr == "False\n"
