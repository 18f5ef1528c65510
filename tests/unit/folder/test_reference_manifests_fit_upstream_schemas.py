"""Each object of the reference folders against the CustomResourceDefinitions of the pinned versions."""

import copy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance import assets, builds
from conformance.folder import read
from conformance.kube import yaml

MODULES = Path.home() / "go" / "pkg" / "mod"
CRDS = {
    "kueue.x-k8s.io": MODULES / f"sigs.k8s.io/kueue@{builds.version('kueue')}"
    / "config/components/crd/bases",
    "volcano.sh": MODULES / f"volcano.sh/volcano@{builds.version('volcano')}"
    / "config/crd/volcano/bases",
}
FOLDERS = sorted(assets.folder("reference-manifests").glob("*/platform.yaml"))
OBJECTS = [(path.parent.name, manifest) for path in FOLDERS
           for manifest in read.load(path.parent).manifests]
CUSTOM = [(name, manifest) for name, manifest in OBJECTS if manifest.group.endswith(tuple(CRDS))]


def closed(schema):
    """The API server drops keys that it does not know; here they are mistakes."""
    if isinstance(schema, dict):
        for part in schema.values():
            closed(part)
        open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not open_ended:
            schema["additionalProperties"] = False
    elif isinstance(schema, list):
        for part in schema:
            closed(part)
    return schema


@pytest.fixture(scope="module")
def schemas():
    found = {}
    for folder in CRDS.values():
        if not folder.is_dir():
            pytest.skip(f"the module cache has no {folder}: seatrial build fetches it")
        for file in folder.glob("*.yaml"):
            (crd,) = (document.data for document in yaml.read(file))
            for version in crd["spec"]["versions"]:
                key = (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"])
                schema = closed(copy.deepcopy(version["schema"]["openAPIV3Schema"]))
                # The CRD says of metadata only that it is an object.
                schema["properties"]["metadata"] = {"type": "object"}
                found[key] = Draft202012Validator(schema)
    return found


@pytest.mark.parametrize(("profile", "manifest"), CUSTOM,
                         ids=[f"{profile}-{manifest.kind}-{manifest.namespace}-{manifest.name}"
                              for profile, manifest in CUSTOM])
def test_a_reference_manifest_fits_the_schema_of_its_kind(schemas, profile, manifest):
    validator = schemas[(manifest.object["apiVersion"], manifest.kind)]
    assert [error.message for error in validator.iter_errors(manifest.object)] == [], profile


def test_a_misspelt_key_does_not_fit(schemas):
    manifest = next(manifest for _, manifest in CUSTOM if manifest.kind == "ClusterQueue")
    wrong = {**manifest.object, "spec": {**manifest.spec, "cohort": "fleet"}}
    assert not schemas[(wrong["apiVersion"], "ClusterQueue")].is_valid(wrong)


def test_every_other_object_is_of_kubernetes_itself():
    assert {manifest.kind for _, manifest in OBJECTS if not manifest.group.endswith(tuple(CRDS))} \
        == {"Namespace", "PriorityClass"}
