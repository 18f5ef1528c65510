"""What the command says and returns when something is wrong."""

import json
import re
import shlex
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


@pytest.mark.parametrize("words", [("kind", "image"), ("kind", "engine"), ("report", "show"), ("report", "diff"),
                                   ("report", "parity")])
def test_the_help_of_a_part_has_the_examples_of_that_part_alone(words):
    told = seatrial(*words, "--help").stdout
    examples = told.partition("examples:\n")[2].splitlines()
    assert examples
    assert [line for line in examples if f"seatrial {' '.join(words)}" not in line] == []


EXAMPLES = [line for name in cli.commands() for line in cli._load(name).EXAMPLES.splitlines()]


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_in_the_help_is_a_command(line, capsys):
    said = re.findall(r"seatrial ([^|>&()\"]*[^|>&()\" ])", line.partition("#")[0])
    assert said
    for words in map(shlex.split, said):
        try:
            cli.parser(wanted=words[0]).parse_args(words)
        except SystemExit:
            pytest.fail(f"{line}: {capsys.readouterr().err}")


def test_a_command_that_is_none_is_answered_with_all_of_them():
    for words in (["fly"], ["fly", "run"]):
        told = seatrial(*words).stderr
        assert [name for name in cli.commands() if f"'{name}'" not in told] == []


def test_what_fills_a_screen_is_not_listed_in_a_way_out(tmp_path):
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text("waivers:\n  - {policy: zzz, object: a, reason: b, owner: c, until: 2099-01-31}\n")
    for words, listed_by in ((["explain", "zzz"], "seatrial explain"),
                             (["audit", str(tmp_path), "--only", "zzz"], "seatrial explain"),
                             (["audit", str(tmp_path), "--waivers", str(waivers)], "seatrial explain"),
                             (["size", "--gpu", "L40S", "--context", "9", "--model", "zzz"], "seatrial size --list")):
        told = seatrial(*words)
        assert told.returncode == 2
        assert told.stderr.endswith(f"\n  way out: use one of those that this lists: {listed_by}\n"), told.stderr


@pytest.mark.parametrize("words", [["survey"], ["snapshot"], ["audit", "--cluster"]])
def test_a_kubeconfig_that_is_not_there_is_named_with_the_way_out(words, tmp_path):
    told = seatrial(*words, "--kubeconfig", str(tmp_path / "none"))
    assert (told.returncode, told.stderr) == (
        2, f"seatrial: kubeconfig {tmp_path / 'none'} cannot be used: there is no such file\n"
           "  way out: name another one with --kubeconfig, or in KUBECONFIG\n")


@pytest.mark.parametrize("words", [["survey"], ["snapshot"], ["audit", "--cluster"]])
def test_an_api_server_that_does_not_answer_is_named_once(words, tmp_path):
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "a", "users": [{"name": "a", "user": {}}],
        "clusters": [{"name": "a", "cluster": {"server": "http://127.0.0.1:1"}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}]}))
    told = seatrial(*words, "--kubeconfig", str(file))
    assert told.returncode == 3
    assert ("seatrial: API server http://127.0.0.1:1 does not answer: Failed to establish a new connection: [Errno 111] "
            "Connection refused\n  way out: see whether it runs") in told.stderr


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
