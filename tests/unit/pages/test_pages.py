"""Every command in the README and on the pages is one, every file shown is valid, and what needs no cluster is run.

A block of YAML whose first line is `# path` is a file that the page makes. A block `sh run` is run in a folder that holds
the files of its page; `sh run 1` says that it ends with 1.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import cli
from conformance.commands import run as command_run

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```([a-z]*)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")


def blocks(page, language):
    return [(more, text) for found, more, text in BLOCK.findall(page.read_text()) if found == language]


def commands(text):
    """Return the words of every `seatrial` in a shell block, without redirections and comments."""
    for line in text.splitlines():
        for said in re.finditer(r"(?:^|[(|] ?)seatrial ([^#|>&)]*)", line):
            yield shlex.split(said[1])


SAID = [(page, words) for page in PAGES for _, text in blocks(page, "sh") for words in commands(text)]


def test_the_pages_have_commands():
    assert len(SAID) > 40


@pytest.mark.parametrize(("page", "words"), SAID, ids=[f"{page.name}: {' '.join(words)}" for page, words in SAID])
def test_every_command_on_a_page_is_one(page, words, capsys):
    known = cli.commands()
    try:
        args = cli.parser(wanted=words[0] if words and words[0] in known else "").parse_args(words)
    except SystemExit:
        pytest.fail(f"{page.name}: seatrial {' '.join(words)}: {capsys.readouterr().err}")
    assert args.command == words[0]


RUNS = [page for page in PAGES if any(more.startswith("run") for more, _ in blocks(page, "sh"))]


@pytest.mark.parametrize("page", RUNS, ids=lambda page: page.name)
def test_what_a_page_shows_can_be_done(page, tmp_path):
    for _, text in blocks(page, "yaml"):
        if (name := re.match(r"# (\S+\.yaml)\n", text)) is not None:
            file = tmp_path / name[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "seatrial").write_text(f"#!/bin/sh\nexec {sys.executable} -m conformance.cli \"$@\"\n")
    (programs / "seatrial").chmod(0o755)
    for more, text in blocks(page, "sh"):
        if more.startswith("run"):
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=tmp_path, text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
                                                    "SEATRIAL_CACHE": str(tmp_path / "cache")})
            assert done.returncode == int(more.removeprefix("run") or 0), f"{text}\n{done.stdout}"
            assert "Traceback" not in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target, _ in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_the_pages_name_every_option_of_permission():
    # What a run may do on somebody's cluster is promised on the page: an option that is new must be there.
    parser = argparse.ArgumentParser()
    command_run.add_arguments(parser)
    text = (ROOT / "docs" / "existing-clusters.md").read_text()
    wanted = ("--allow-changes", "--max-gpus", "--max-pods", "--max-seconds", "--node-selector", "--priority-class",
              "--image", "--may-disturb", "--cluster-object")
    assert [option for option in wanted if option not in parser.format_help() or option not in text] == []
