"""Manifests and facts of a live cluster: lists only, and says what it may not list."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from conformance import masking
from conformance.errors import SeatrialError
from conformance.kube.api import NOBODY_READS, Api
from conformance.kube.yaml import Document, Part
from conformance.model.finding import Problem
from conformance.policy.engine import ANY, POD_KINDS
from conformance.policy.policies import PODS, Corpus
from conformance.policy.sources import Manifest

_NOT_OF_THE_OWNER = ("managedFields", "ownerReferences", "uid", "resourceVersion", "generation", "creationTimestamp")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_KSERVE_CONFIG = ("kserve", "inferenceservice-config")
_KNATIVE_CONFIG = ("knative-serving", "config-features")
_FEATURE = "kubernetes.podspec-"
T = TypeVar("T")


class _Start:
    line = column = index = 0


def kinds(corpus: Corpus) -> list[str]:
    """Return the kinds (`group/Kind`) of the objects that the policies look at."""
    named = {kind for policy in corpus.policies.values() for kind in policy.kinds} - {ANY, PODS}
    return sorted(named | set(POD_KINDS))


def manifests(api: Api, wanted: Sequence[str], namespace: str | None = None) -> Iterator[Manifest | Problem]:
    """Yield the objects of some kinds, those left out that a controller made, and a Problem for each refused kind.

    Raises Unreachable and Unauthorized: then nothing is known of the cluster.
    """
    for kind in _versioned(api, wanted):
        try:
            objects = api.list(kind, namespace) if api.serves(kind) else []
        except NOBODY_READS:
            raise
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
    return dict(masking.masked_object(copied))


def facts(api: Api) -> tuple[dict[str, Any], list[str]]:
    """Return the facts of a cluster that can be read, and why others cannot: these stay unknown.

    Raises Unreachable and Unauthorized: then nothing is known of the cluster.
    """
    reader = _Reader()
    nodes = reader.ask("nodes", lambda: api.list("v1/Node"))
    kserve = _kserve(_config(reader, api, _KSERVE_CONFIG), _config(reader, api, _KNATIVE_CONFIG))
    metrics = _metrics(reader, api)
    found: dict[str, Any] = {}
    if nodes is not None:
        found["nodes"] = [node["metadata"].get("labels", {}) for node in nodes]
    if kserve:
        found["kserve"] = kserve
    if metrics is not None:
        found["metrics"] = metrics
    return found, reader.unread


class _Reader:
    """Reads what it may; `unread` says what it may not, and why."""

    def __init__(self) -> None:
        self.unread: list[str] = []

    def ask(self, fact: str, question: Callable[[], T]) -> T | None:
        """Return an answer, None where the server refuses to give one."""
        try:
            return question()
        except NOBODY_READS:
            raise
        except SeatrialError as error:
            self.unread.append(f"the fact {fact} stays unknown: {error.message}")
            return None


def _versioned(api: Api, wanted: Sequence[str]) -> Iterator[str]:
    groups = {group["name"]: group["preferredVersion"]["groupVersion"]
              for group in (api.get("/apis") or {}).get("groups", [])}
    for kind in wanted:
        group, _, name = kind.rpartition("/")
        if group in groups or not group:
            yield f"{groups.get(group, 'v1')}/{name}"


def _name(api: Api) -> str:
    return f"cluster {api.host}"


def _kserve(kserve: Mapping[str, str], knative: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with contextlib.suppress(ValueError, AttributeError):  # its JSON is somebody's to spoil
        mode = json.loads(kserve.get("deploy", "{}")).get("defaultDeploymentMode")
        if isinstance(mode, str):
            found["deployment_mode"] = mode
    features = {name.removeprefix(_FEATURE): value for name, value in knative.items() if name.startswith(_FEATURE)}
    return found | ({"knative_features": features} if features else {})


def _config(reader: _Reader, api: Api, where: tuple[str, str]) -> dict[str, str]:
    found = reader.ask("kserve", lambda: api.read("v1/ConfigMap", where[1], where[0]))
    return (found or {}).get("data") or {}


def _metrics(reader: _Reader, api: Api) -> list[str] | None:
    names: set[str] = set()
    answered = False
    for version in ("custom.metrics.k8s.io/v1beta2", "custom.metrics.k8s.io/v1beta1",
                    "external.metrics.k8s.io/v1beta1"):
        found = reader.ask("metrics", partial(api.get, f"/apis/{version}"))
        if found is not None:
            answered = True
            names |= {entry["name"].rpartition("/")[2] for entry in found.get("resources", [])}
    return sorted(names) if answered else None
