"""Every command in the README and on the pages is one, every file shown is valid, and what needs no cluster is run.

A block of YAML whose first line is `# path` is a file that the page makes, and so is one of any language that says
`file path` beside it: that one is written when it is its turn, and `more of path` is added to its end. A block `sh run` is run in a folder that holds the files of
its page, and reports of runs by the names that the pages give them; `sh run 1` says that it ends with 1. What is not run
is in `NOT_RUN`, with the test that runs it.
"""

import argparse
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import catalog, cli
from conformance.commands import run as command_run
from conformance.folder import read
from conformance.model.fidelity import Fidelity
from conformance.model.outcome import Outcome
from conformance.model.report import Report, Result
from conformance.report.run import json as json_report
from conformance.requirements import requirements
from conformance.run.settings import add_options

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```([a-z]*)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
WRITTEN = {"kubernetes-conformance.md", "parity.md"}
"""Pages that a program of ours writes."""
NOT_RUN = {
    "run": "a cluster: tests/can_fail, and tox -e trial",
    "up": "a cluster: tests/local/test_life_of_a_cluster.py",
    "down": "a cluster: tests/local/test_life_of_a_cluster.py",
    "kubeconfig": "a cluster: tests/local/test_life_of_a_cluster.py",
    "status": "what it says is the machine's: tests/local/test_life_of_a_cluster.py",
    "doctor": "what it says is the machine's: tests/unit/commands/test_what_doctor_says.py",
    "survey": "a cluster of others: tests/local/test_existing.py",
    "snapshot": "a cluster: tests/unit/commands/audit/test_live_clusters.py",
    "audit --cluster": "a cluster: tests/unit/commands/audit/test_live_clusters.py",
    "audit -": "another program's output: tests/unit/commands/audit/test_bad_input.py",
    "build": "minutes: tests/unit/builds",
    "kind": "a Docker engine: tests/kind",
    "new component": "it writes into the checkout: tests/unit/commands/test_new.py",
    "new behaviour": "it writes into the checkout: tests/unit/commands/test_new.py",
    "promises my-platform/": "the folder is not made yet: docs/platform-folder.md runs it",
    "promises reference-manifests/team-queues": "it is about the line before it: tests/unit/commands/test_new.py",
    "audit manifests/": "the folder is not made here: docs/audit.md runs it",
    "report show": "docs/reports.md runs it", "report diff": "docs/reports.md runs it",
    "size": "docs/sizing.md runs it",
}
OTHERS = {"helm", "apt-get", "pytest", "eval", "export", "."}
"""Programs of others, and words of a shell, that pages use."""
OPTIONS_OF_OTHERS = {"--randomly-seed", "--seatrial"}


def blocks(page, language):
    return [(more, text) for found, more, text in BLOCK.findall(page.read_text()) if found == language]


def prose(page):
    return BLOCK.sub("", page.read_text())


def commands(text):
    """Return the words of every `seatrial` in a shell block, without redirections and comments."""
    for line in text.splitlines():
        for said in re.finditer(r"(?:^|[(|] ?)seatrial ([^#|>&)]*)", line):
            yield shlex.split(said[1])


SAID = [(page, words) for page in PAGES for _, text in blocks(page, "sh") for words in commands(text)]
SAID += [(page, words) for page in PAGES for span in SPAN.findall(prose(page)) for words in commands(span)
         if len(words) > 1 and words[0] != "COMMAND"]


def parsed(words):
    return cli.parser(wanted=words[0] if words and words[0] in cli.commands() else "").parse_args(words)


def test_the_pages_have_commands():
    assert len(SAID) > 50


@pytest.mark.parametrize(("page", "words"), SAID, ids=[f"{page.name}: {' '.join(words)}" for page, words in SAID])
def test_every_command_on_a_page_is_one(page, words, capsys):
    try:
        args = parsed(words)
    except SystemExit:
        pytest.fail(f"{page.name}: seatrial {' '.join(words)}: {capsys.readouterr().err}")
    assert args.command == words[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_only_named_is_one_too(page):
    named = {words[0] for span in SPAN.findall(prose(page)) for words in commands(span) if words}
    assert named - {"COMMAND", *cli.commands()} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_line_of_a_shell_is_run_or_it_is_said_why_not(page):
    left = [" ".join(words) for more, text in blocks(page, "sh") if not more.startswith("run") for words in commands(text)]
    assert [line for line in left if not any(f"{line} ".startswith(f"{known} ") for known in NOT_RUN)] == []


def test_what_is_not_run_is_on_a_page():
    left = [" ".join(words) for page in PAGES for more, text in blocks(page, "sh") if not more.startswith("run")
            for words in commands(text)]
    assert [known for known in NOT_RUN if not any(f"{line} ".startswith(f"{known} ") for line in left)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_other_programs_are_ours_or_known(page):
    for _, text in blocks(page, "sh"):
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] != "seatrial" and words[0] not in OTHERS:
                assert os.access(ROOT / words[0], os.X_OK), line
            for word in words:
                if word.startswith("--seatrial="):
                    parser = argparse.ArgumentParser()
                    add_options(parser)
                    parser.parse_args(shlex.split(word.removeprefix("--seatrial=")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_repository_that_a_page_names_is_there(page):
    ours = "|".join(entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    for said in SPAN.findall(prose(page)) + [word for _, text in blocks(page, "sh") for word in text.split()]:
        path = re.match(rf"(?:\./)?((?:{ours})/[\w./-]*)", said)
        if path and "<" not in said:
            assert (ROOT / path[1].rstrip(".")).exists(), said


def every_option(parser):
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from every_option(inner)


@pytest.fixture(scope="module")
def known_options():
    return {*every_option(cli.parser()), *OPTIONS_OF_OTHERS}


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in WRITTEN], ids=lambda page: page.name)
def test_every_option_that_a_page_names_is_one(page, known_options):
    named = {option for span in SPAN.findall(prose(page)) if not span.startswith(("./scripts", "tox", "docker"))
             for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", span)}
    assert named - known_options == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in WRITTEN], ids=lambda page: page.name)
def test_a_page_begins_from_a_command(page):
    language, _, text = BLOCK.findall(page.read_text())[0]
    assert (language, text.split()[0]) in {("sh", "seatrial"), ("sh", "./scripts/trial"), ("text", "seatrial")}


RUNS = [page for page in PAGES if any(more.startswith("run") for more, _ in blocks(page, "sh"))]


def write_report(folder, kind):
    result = Result(id="scheduling/quota::a_team_gets_its_gpus[serving]", promise="A team gets its GPUs.", component="kueue",
                    platform="my-platform", outcome=Outcome.PASSED, requirement="quota", cluster="trial-1", duration_s=1,
                    fidelity=Fidelity.CONTROL_PLANE)
    folder.mkdir()
    json_report.write(Report(seatrial="0.1.0", started="2026-11-24T08:00:00Z", duration_s=1, results=(result,),
                             cluster={"kind": kind, "name": "trial-1", "kubernetes": "v1.35.4", "fidelity": "node"}), folder)


@pytest.fixture
def place(tmp_path):
    """A folder with a `seatrial` to call and reports of earlier runs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "seatrial").write_text(f"#!/bin/sh\nexec {sys.executable} -m conformance.cli \"$@\"\n")
    (programs / "seatrial").chmod(0o755)
    for name in ("last-night", "tonight", "seatrial-report", "local", "existing", "kind"):
        write_report(tmp_path / name, name if name in ("existing", "kind") else "local")
    return tmp_path


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize("page", RUNS, ids=lambda page: page.name)
def test_what_a_page_shows_can_be_done(page, place):
    for _, text in blocks(page, "yaml"):
        if (name := re.match(r"# (\S+\.yaml)\n", text)) is not None:
            write(place / name[1], text)
    for language, more, text in BLOCK.findall(page.read_text()):
        if more.startswith("file "):
            write(place / more.removeprefix("file "), text)
        if more.startswith("more of "):
            file = place / more.removeprefix("more of ")
            write(file, file.read_text() + text)
        if language == "sh" and more.startswith("run"):
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=place, text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=os.environ | {"PATH": f"{place / 'programs'}:{os.environ['PATH']}",
                                                    "PYTHONPATH": str(ROOT), "SEATRIAL_CACHE": str(place / "cache")})
            assert done.returncode == int(more.removeprefix("run") or 0), f"{text}\n{done.stdout}"
            assert "Traceback" not in done.stdout


def test_the_platform_in_the_readme_is_one(tmp_path):
    manifests = next(text for _, text in blocks(ROOT / "docs" / "platform-folder.md", "yaml") if "queues.yaml" in text)
    write(tmp_path / "queues.yaml", manifests)
    write(tmp_path / "platform.yaml", blocks(ROOT / "README.md", "yaml")[0][1])
    folder = read.load(tmp_path)
    assert [team.name for team in folder.promises.teams] == ["serving", "research"]


def test_the_behaviour_on_its_page_is_one_and_catches_faults_that_there_are(tmp_path):
    file = tmp_path / "scheduling" / "test_gang_order.py"
    write(file, blocks(ROOT / "docs" / "writing-a-behaviour.md", "python")[0][1])
    spec = importlib.util.spec_from_file_location("page_gang_order", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = catalog.declared(module.test_a_gang_that_does_not_fit_waits_whole)
    assert found.requirement in requirements()
    assert {catch.fault for catch in found.catches} - catalog.faults().keys() == set()


def test_what_the_page_on_audits_shows_is_what_an_audit_says(place):
    page = ROOT / "docs" / "audit.md"
    manifest = next(text for _, text in blocks(page, "yaml") if text.startswith("# manifests/queue.yaml"))
    write(place / "manifests" / "queue.yaml", manifest)
    told = subprocess.run([sys.executable, "-m", "conformance.cli", "audit", "manifests/"], cwd=place, text=True,
                          capture_output=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert told.stdout.startswith(blocks(page, "text")[0][1]), told.stdout


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
