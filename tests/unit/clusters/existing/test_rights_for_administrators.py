"""The manifests that an administrator applies say what the components say that they need."""

import pytest

from conformance import assets
from conformance.clusters.existing import rights
from conformance.kube.api import load

RBAC = assets.folder("reference-manifests") / "rbac"


@pytest.mark.parametrize("name", rights.MANIFESTS)
def test_what_is_committed_is_what_the_components_say(name):
    file = RBAC / f"{name}.yaml"
    assert file.read_text(encoding="utf-8") == rights.text(name), "run scripts/rights and commit what it writes"
    assert tuple(load(file)) == rights.roles(name)


def test_there_is_no_manifest_that_nothing_writes():
    assert {file.stem for file in RBAC.glob("*.yaml")} == {*rights.MANIFESTS}


def test_a_component_that_is_not_there_brings_no_rights():
    core = set(rights.wanted([]))
    assert {right.group for right in core} == {"", "coordination.k8s.io"}
    for name in assets.of_components(rights.FILE):
        assert core <= rights.wanted([name]).keys()
