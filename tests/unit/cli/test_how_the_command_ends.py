"""What the command says and returns when something is wrong."""

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from conformance import cli
from conformance.errors import SeatrialError, UsageError
from conformance.model.exit_code import ExitCode
from conformance.waiting import Unmet


def seatrial(*words):
    return subprocess.run([sys.executable, "-m", "conformance.cli", *words], capture_output=True, text=True, check=False)


def ending_with(error):
    """A command that ends with an error."""
    def run(args):
        raise error

    return SimpleNamespace(HELP="doctor", EXAMPLES="", add_arguments=lambda parser: None, run=run)


@pytest.mark.parametrize("command", cli.commands())
def test_every_command_has_help_with_examples(command):
    told = seatrial(command, "--help")
    assert told.returncode == 0
    assert "examples:" in told.stdout


@pytest.mark.parametrize("words", [[], ["fly"], ["up", "--nodes", "many"], ["down", "--name", "no-such-cluster"],
                                   ["promises", "/no/such/folder"], ["build", "no-such-program"],
                                   ["kubeconfig", "--name", "no-such-cluster"], ["run", "--platform", "/no/such"]])
def test_wrong_usage_ends_with_2_and_without_a_traceback(words):
    told = seatrial(*words)
    assert (told.returncode, told.stdout) == (2, "")
    assert "Traceback" not in told.stderr
    assert told.stderr


@pytest.mark.parametrize(("error", "code", "text"), [
    (UsageError("a.yaml:3: no", "write yes"), 2, "seatrial: a.yaml:3: no\n  way out: write yes\n"),
    (SeatrialError("the disk is full", "free some"), 3, "seatrial: the disk is full\n  way out: free some\n"),
    (Unmet("the DNS: expected True; saw False", "  0.00 s  False"), 3,
     "seatrial: the DNS: expected True; saw False\n  0.00 s  False\n"),
    (PermissionError(13, "Permission denied", "/some/file"), 3, "seatrial: /some/file: Permission denied\n"),
    (KeyboardInterrupt(), 130, "seatrial: interrupted\n"),
])
def test_an_error_becomes_one_message_and_an_exit_code(monkeypatch, capsys, error, code, text):
    monkeypatch.setattr(cli, "_load", lambda where: ending_with(error))
    assert cli.main(["doctor"]) == code
    assert capsys.readouterr().err == text


def test_a_bug_is_our_error_and_never_a_verdict(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_load", lambda where: ending_with(AssertionError("never so")))
    assert cli.main(["doctor"]) == 3
    said = capsys.readouterr().err
    assert "AssertionError: never so" in said
    assert said.endswith("seatrial: this is a bug of Seatrial, nothing is said about the platform\n")


def test_the_help_has_every_exit_code_and_what_it_means():
    told = seatrial("--help").stdout
    for code in ExitCode:
        assert re.search(rf"^ *{int(code)}  {re.escape(code.meaning)}$", told, re.MULTILINE), code
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 130]
