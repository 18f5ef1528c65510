"""The hook for pre-commit names a command that there is."""

from pathlib import Path

import yaml

from conformance import cli

ROOT = Path(__file__).parents[4]


def test_the_hook_runs_an_audit(write, queue, capsys):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] in (ROOT / "docs" / "ci.md").read_text()
    program, *words = hook["entry"].split()
    assert program == "seatrial"
    assert cli.main([*words, write("a.yaml", queue)]) == 1
    assert "a.yaml:14:15" in capsys.readouterr().out
