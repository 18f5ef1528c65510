"""Seven manifests as they stand in tutorials: the audit names every mistake at its line, and nothing that is none."""

import io
import re
from pathlib import Path

import pytest

from conformance import assets
from conformance.model.finding import Severity
from conformance.policy import facts, policies
from conformance.policy.engine import Regorus
from conformance.policy.judge import Judge
from conformance.policy.sources import manifests

FOLDER = assets.folder("fixtures") / "lessons"
MARK = re.compile(r"#\s*denied\s+(\S+?):\s*(.+?)\s*$")
CORPUS = policies.load()
LESSONS = sorted(FOLDER.glob("*/*.yaml"))


def audit(file: Path):
    judge = Judge(CORPUS, Regorus(CORPUS, facts.data({})))
    judge.file(manifests(str(file), io.BytesIO()))
    found = judge.audit()
    assert found.problems == ()
    return found.findings


@pytest.mark.parametrize("file", [file for file in LESSONS if file.name == "spoilt.yaml"], ids=lambda f: f.parent.name)
def test_every_mistake_is_named_at_its_line_and_nothing_else(file):
    expected = []
    said = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        # A line may have several: `# denied a/b: text # denied c/d: text`.
        parts = [f"# denied {part}" for part in re.split(r"#\s*denied\s+", line)[1:]]
        marks = [mark for mark in map(MARK.match, parts) if mark]
        assert len(marks) == len(parts), line
        expected += [(number, mark[1]) for mark in marks]
        said += [(number, mark[1], mark[2]) for mark in marks]
    found = audit(file)
    assert sorted((finding.line, finding.policy) for finding in found) == sorted(expected), "\n".join(
        f"{finding.line}: {finding.policy}: {finding.message}" for finding in found)
    for number, policy, text in said:
        assert any(text in finding.message for finding in found if (finding.line, finding.policy) == (number, policy))


@pytest.mark.parametrize("file", [file for file in LESSONS if file.name == "mended.yaml"], ids=lambda f: f.parent.name)
def test_its_mended_twin_is_clean(file):
    assert [finding for finding in audit(file) if finding.severity >= Severity.WARNING] == []


def test_each_lesson_has_its_twin():
    assert {file.parent.name for file in LESSONS if file.name == "mended.yaml"} >= {
        file.parent.name for file in LESSONS if file.name == "spoilt.yaml"}
    assert len({file.parent for file in LESSONS}) == 7
