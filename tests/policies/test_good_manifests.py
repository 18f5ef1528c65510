"""Whole manifests as good teams write them draw no error and no warning from any policy."""

import io

import pytest

from conformance import assets
from conformance.model.finding import Severity
from conformance.policy import facts, policies
from conformance.policy.engine import Regorus
from conformance.policy.judge import Judge
from conformance.policy.sources import manifests

FOLDER = assets.folder("fixtures") / "good-manifests"
FILES = sorted(file for file in FOLDER.rglob("*.yaml") if not file.name.endswith(facts.SUFFIX))
CORPUS = policies.load()


@pytest.fixture(scope="module")
def knowing_nothing():
    return Regorus(CORPUS, facts.data({}))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_a_good_manifest_is_left_alone(file, knowing_nothing):
    known = facts.beside(file)
    judge = Judge(CORPUS, Regorus(CORPUS, facts.data(known)) if known else knowing_nothing, known)
    judge.file(manifests(str(file), io.BytesIO()))
    audit = judge.audit()
    assert audit.problems == ()
    assert audit.objects > 0
    assert [finding for finding in audit.findings if finding.severity >= Severity.WARNING] == []


def test_every_area_has_good_manifests():
    areas = {file.relative_to(FOLDER).parts[0] for file in FILES}
    assert {"networking", "storage", "training"} <= areas
