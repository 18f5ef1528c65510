"""Manifests and facts of a live cluster: lists only, and says what it may not list."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.errors import SeatrialError
from conformance.model.finding import Problem
from conformance.objects import Api
from conformance.policy.documents import Document, Part
from conformance.policy.engine import ANY, POD_KINDS
from conformance.policy.policies import PODS, Corpus
from conformance.policy.sources import Manifest

MASK = "***"
_SECRET_WORDS = ("TOKEN", "KEY", "SECRET", "PASSWORD", "CREDENTIAL")
_NOT_OF_THE_OWNER = ("managedFields", "ownerReferences", "uid", "resourceVersion", "generation", "creationTimestamp")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_KSERVE_CONFIG = ("kserve", "inferenceservice-config")


class _Start:
    line = column = index = 0


def opened(kubeconfig: Path | None, context: str | None) -> Api:
    """Return the API server of a kubeconfig: the named one, that of KUBECONFIG, or ~/.kube/config.

    Raises UsageError when it cannot be used.
    """
    named = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    return Api.open(kubeconfig or Path(named or "~/.kube/config").expanduser(), context)


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
    """Return a copy of an object without secret values: of Secrets, of variables that are named like one.

    What the server keeps for itself goes too, and the last applied text, which repeats all of it.
    """
    copied: dict[str, Any] = json.loads(json.dumps(data))
    metadata = copied.get("metadata", {})
    for name in _NOT_OF_THE_OWNER:
        metadata.pop(name, None)
    (metadata.get("annotations") or {}).pop(_LAST_APPLIED, None)
    if copied.get("kind") == "Secret":
        for name in ("data", "stringData"):
            copied[name] = dict.fromkeys(copied.get(name) or (), MASK)
    _mask_variables(copied)
    return copied


def facts(api: Api) -> dict[str, Any]:
    """Return the facts of a cluster that can be read: those that cannot stay unknown."""
    found: dict[str, Any] = {}
    with contextlib.suppress(SeatrialError):
        found["nodes"] = [node["metadata"].get("labels", {}) for node in api.list("v1/Node")]
    mode = _deployment_mode(api)
    if mode:
        found["kserve"] = {"deploymentMode": mode}
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


def _mask_variables(value: Any) -> None:
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            name = part.get("name")
            if isinstance(name, str) and isinstance(part.get("value"), str) and \
                    any(word in name.upper() for word in _SECRET_WORDS):
                part["value"] = MASK
            stack += part.values()
        elif isinstance(part, list):
            stack += part


def _deployment_mode(api: Api) -> str:
    try:
        config = api.read("v1/ConfigMap", _KSERVE_CONFIG[1], _KSERVE_CONFIG[0])
        mode: str = json.loads((config or {}).get("data", {}).get("deploy", "{}")).get("defaultDeploymentMode", "")
    except (SeatrialError, ValueError):
        return ""
    # Names from before KServe 0.16.
    return {"Serverless": "Knative", "RawDeployment": "Standard"}.get(mode, mode)


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
