"""All objects of a cluster, as far as somebody wants them: what controllers and kubelets note by themselves is left out."""

from concurrent.futures import ThreadPoolExecutor

from conformance.kube.api import WRITTEN_BY, is_true
from conformance.matching import show

NOBODY_WANTS = {"Event", "Lease", "Pod", "ReplicaSet", "ControllerRevision", "Endpoints", "EndpointSlice", "ComponentStatus"}
"""Kinds that come and go, or are written all the time, without anybody's wish."""
META = ("name", "namespace", "labels", "annotations", "finalizers")
NOTES = {WRITTEN_BY, "deployment.kubernetes.io/revision"}
"""Annotations that tell how an object came to be as it is."""


def snapshot(api):
    """Return all objects of a cluster by kind, namespace and name."""
    found = {}
    with ThreadPoolExecutor(8) as pool:
        for objects in pool.map(lambda kind: _wanted(api, kind), _kinds(api)):
            found |= objects
    return found


def _kinds(api):
    """Yield the kinds that the API server itself keeps: what it asks others for is made up on the way, and may be away."""
    of_others = {f"{one['spec']['group']}/{one['spec']['version']}" for one in api.each(
        "apiregistration.k8s.io/v1/APIService") if one["spec"].get("service")}
    versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in api.get("/apis")["groups"])]
    for version in [one for one in versions if one not in of_others]:
        served = api.get(f"/apis/{version}" if "/" in version else f"/api/{version}") or {}
        for entry in served.get("resources", ()):
            if "list" in entry["verbs"] and "/" not in entry["name"] and entry["kind"] not in NOBODY_WANTS:
                yield f"{version}/{entry['kind']}"


def _wanted(api, kind):
    return {(kind, one["metadata"].get("namespace", ""), one["metadata"]["name"]): _as_wanted(kind, one)
            for one in api.each(kind)}


def _as_wanted(kind, obj):
    meta = {key: obj["metadata"][key] for key in META if obj["metadata"].get(key)}
    said = meta.pop("annotations", {})
    meta |= {"annotations": kept} if (kept := {key: said[key] for key in said.keys() - NOTES}) else {}
    found = {**{key: value for key, value in obj.items() if key not in ("metadata", "status")}, "metadata": meta}
    if kind == "v1/Node":
        found["allocatable"] = obj["status"].get("allocatable")
    if kind == "apps/v1/Deployment":
        found["available"] = is_true(obj, "Available")
    return found


def differences(before, after):
    """Return a line for each object that came, went or changed, with the first part of it that did."""
    return sorted([*(f"{_name(key)} is gone" for key in before.keys() - after.keys()),
                   *(f"{_name(key)} is new" for key in after.keys() - before.keys()),
                   *(f"{_name(key)}: {_first(before[key], after[key])}" for key in before.keys() & after.keys()
                     if before[key] != after[key])])


def _name(key):
    kind, namespace, name = key
    return f"{kind.rpartition('/')[2]} {namespace}/{name}" if namespace else f"{kind.rpartition('/')[2]} {name}"


def _first(before, after, path=""):
    if isinstance(before, dict) and isinstance(after, dict):
        key = next(key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key))
        return _first(before.get(key), after.get(key), f"{path}.{key}".lstrip("."))
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        at = next(at for at, (one, other) in enumerate(zip(before, after, strict=True)) if one != other)
        return _first(before[at], after[at], f"{path}[{at}]")
    return f"{path} was {show(before)}, is {show(after)}"
