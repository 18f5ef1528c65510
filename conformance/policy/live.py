"""Manifests and facts of a live cluster: lists only, and says what it may not list."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.errors import SeatrialError
from conformance.kube.api import Api
from conformance.model.finding import Problem
from conformance.policy import masking
from conformance.policy.documents import Document, Part
from conformance.policy.engine import ANY, POD_KINDS
from conformance.policy.policies import PODS, Corpus
from conformance.policy.sources import Manifest

_NOT_OF_THE_OWNER = ("managedFields", "ownerReferences", "uid", "resourceVersion", "generation", "creationTimestamp")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_KSERVE_CONFIG = ("kserve", "inferenceservice-config")
_KNATIVE_CONFIG = ("knative-serving", "config-features")
_FEATURE = "kubernetes.podspec-"


class _Start:
    line = column = index = 0


def kinds(corpus: Corpus) -> list[str]:
    """Return the kinds (`group/Kind`) of the objects that the policies look at."""
    named = {kind for policy in corpus.policies.values() for kind in policy.kinds} - {ANY, PODS}
    return sorted(named | set(POD_KINDS))


def manifests(api: Api, wanted: Sequence[str], namespace: str | None = None) -> Iterator[Manifest | Problem]:
    """Yield the objects of some kinds, those left out that a controller made, and a Problem for each refused kind."""
    for kind in _served(api, wanted):
        try:
            objects = api.list(kind, namespace)
        except SeatrialError as error:
            yield Problem(file=_name(api), message=f"{kind} cannot be listed: {error.message}",
                          way_out=f"grant the verb list on {kind.rpartition('/')[2]}, or name files instead")
            continue
        for data in objects:
            if not any(owner.get("controller") for owner in data["metadata"].get("ownerReferences", [])):
                # Written nowhere that a line could be given of.
                yield Manifest(Document(_name(api), data, Part(_Start())), (), data)


def snapshot(objects: Iterator[Manifest | Problem]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the objects as one List whose secret values are masked, and what could not be listed."""
    items, problems = [], []
    for found in objects:
        if isinstance(found, Problem):
            problems.append(found)
        else:
            items.append(masked(found.data))
    return {"apiVersion": "v1", "kind": "List", "items": items}, problems


def masked(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of an object without secret values: of Secrets, of what is named or looks like one elsewhere.

    What the server keeps for itself goes too, and the last applied text, which repeats all of it.
    """
    copied: dict[str, Any] = json.loads(json.dumps(data))
    metadata = copied.get("metadata", {})
    for name in _NOT_OF_THE_OWNER:
        metadata.pop(name, None)
    (metadata.get("annotations") or {}).pop(_LAST_APPLIED, None)
    if copied.get("kind") == "Secret":
        for name in ("data", "stringData"):
            copied[name] = dict.fromkeys(copied.get(name) or (), masking.MASK)
    _mask_inside(copied)
    return copied


def facts(api: Api) -> dict[str, Any]:
    """Return the facts of a cluster that can be read: those that cannot stay unknown."""
    found: dict[str, Any] = {}
    with contextlib.suppress(SeatrialError):
        found["nodes"] = [node["metadata"].get("labels", {}) for node in api.list("v1/Node")]
    kserve = _kserve(api)
    if kserve:
        found["kserve"] = kserve
    metrics = _metrics(api)
    if metrics is not None:
        found["metrics"] = metrics
    return found


def _served(api: Api, wanted: Sequence[str]) -> list[str]:
    groups = {group["name"]: group["preferredVersion"]["groupVersion"]
              for group in (api.get("/apis") or {}).get("groups", [])}
    found = []
    for kind in wanted:
        group, _, name = kind.rpartition("/")
        versioned = f"{groups[group]}/{name}" if group in groups else f"v1/{name}" if not group else ""
        if versioned and api.serves(versioned):
            found.append(versioned)
    return found


def _name(api: Api) -> str:
    return f"cluster {api.host}"


def _mask_inside(value: Any) -> None:
    """Mask variables and entries of a ConfigMap that are named like a secret, and texts that hold one."""
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if masking.is_named_secret(part.get("name")) and isinstance(part.get("value"), str):
                part["value"] = masking.MASK
            if part.get("kind") == "ConfigMap" and isinstance(part.get("data"), dict):
                part["data"] |= {name: masking.MASK for name in part["data"] if masking.is_named_secret(name)}
        for step, text in list(part.items() if isinstance(part, dict) else enumerate(part)):
            if isinstance(text, str):
                part[step] = masking.masked(text)
            elif isinstance(text, dict | list):
                stack.append(text)


def _kserve(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with contextlib.suppress(ValueError, AttributeError):  # its JSON is somebody's to spoil
        mode = json.loads(_config(api, _KSERVE_CONFIG).get("deploy", "{}")).get("defaultDeploymentMode")
        if isinstance(mode, str):
            found["deployment_mode"] = mode
    features = {name.removeprefix(_FEATURE): value for name, value in _config(api, _KNATIVE_CONFIG).items()
                if name.startswith(_FEATURE)}
    return found | ({"knative_features": features} if features else {})


def _config(api: Api, where: tuple[str, str]) -> dict[str, str]:
    with contextlib.suppress(SeatrialError):
        return (api.read("v1/ConfigMap", where[1], where[0]) or {}).get("data") or {}
    return {}


def _metrics(api: Api) -> list[str] | None:
    names: set[str] = set()
    answered = False
    for version in ("custom.metrics.k8s.io/v1beta2", "custom.metrics.k8s.io/v1beta1",
                    "external.metrics.k8s.io/v1beta1"):
        try:
            found = api.get(f"/apis/{version}")
        except SeatrialError:
            continue
        if found is not None:
            answered = True
            names |= {entry["name"].rpartition("/")[2] for entry in found.get("resources", [])}
    return sorted(names) if answered else None
