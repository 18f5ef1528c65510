"""Every policy is whole, denies what it says it denies, at the line where it says so, and is quiet on the rest."""

import io
import re
from functools import cache
from pathlib import Path

import pytest

from conformance import assets
from conformance.model.finding import Finding, PolicyClass, Problem, Severity
from conformance.policy import facts, policies
from conformance.policy.engine import Regorus
from conformance.policy.judge import Judge
from conformance.policy.sources import manifests

FOLDER = assets.folder("policies")
CORPUS = policies.load()
MARK = re.compile(r"#\s*denied:\s*(.+?)\s*$")
HEADINGS = ["Why", "Instead", "Source", "When a waiver is right"]


def examples(verdict: str) -> list[Path]:
    return sorted(file for file in FOLDER.glob(f"*/*/{verdict}/*.yaml") if not file.name.endswith(facts.SUFFIX))


def name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix() if isinstance(path, Path) else str(path)


@cache
def knowing_nothing() -> Regorus:
    return Regorus(CORPUS, facts.data({}))


def judged(file: Path) -> tuple[Finding, ...]:
    known = facts.beside(file)
    judge = Judge(CORPUS, Regorus(CORPUS, facts.data(known)) if known else knowing_nothing(), known)
    judge.file(manifests(str(file), io.BytesIO()))
    audit = judge.audit()
    assert audit.problems == ()
    assert audit.objects > 0
    return audit.findings


def owner(file: Path) -> str:
    return file.parent.parent.relative_to(FOLDER).as_posix()


@pytest.mark.parametrize("policy", CORPUS.policies)
def test_a_policy_is_whole(policy):
    folder = FOLDER / policy
    assert sorted(found.name for found in folder.iterdir()) == [
        "README.md", "allowed", "denied", "rule.rego", "rule_test.rego"]
    page = (folder / "README.md").read_text()
    assert page.splitlines()[0] == f"# {CORPUS.policies[policy].title}"
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == HEADINGS
    assert list(folder.glob("allowed/*.yaml"))
    assert list(folder.glob("denied/*.yaml"))
    assert CORPUS.policies[policy].sources
    if CORPUS.policies[policy].policy_class is PolicyClass.REJECTED:
        assert CORPUS.policies[policy].upstream
        assert CORPUS.policies[policy].severity is Severity.ERROR


@pytest.mark.parametrize("file", examples("denied"), ids=name)
def test_what_must_be_denied_is_denied_at_its_line(file):
    policy = owner(file)
    found = [finding for finding in judged(file) if finding.policy == policy]
    expected = {number: mark[1] for number, line in enumerate(file.read_text().splitlines(), 1)
                if (mark := MARK.search(line))}
    assert expected, "no line says what it is denied for"
    assert sorted(finding.line for finding in found) == sorted(expected), found
    for finding in found:
        assert expected[finding.line] in finding.message
    assert all((finding.fix is not None) == CORPUS.policies[policy].fixable for finding in found)


@pytest.mark.parametrize("file", examples("allowed"), ids=name)
def test_what_is_right_is_left_alone_by_every_policy(file):
    found = [finding for finding in judged(file)
             if finding.severity is Severity.ERROR or finding.policy == owner(file)]
    assert found == []


def test_every_policy_folder_is_found():
    assert sorted(CORPUS.policies) == sorted(
        folder.relative_to(FOLDER).as_posix() for folder in FOLDER.glob("*/*") if folder.is_dir())
    assert not [part for file in examples("denied") for part in manifests(str(file), io.BytesIO())
                if isinstance(part, Problem)]
