"""The one door to `kubernetes`: objects in and out as plain dictionaries.

Kinds are named `apiVersion/Kind`, for example `v1/Pod` or `kueue.x-k8s.io/v1beta2/Workload`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import urllib3
from kubernetes import client, config
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from conformance.errors import SeatrialError, UsageError
from conformance.waiting import Stop, eventually

Object = dict[str, Any]
Objects = list[Object]
Lines = list[str]

FIELD_MANAGER = "seatrial"
FIRST = ("Namespace", "CustomResourceDefinition")
SILENCE_S = 60
"""A watch that says nothing for so long is opened again: whoever should speak may be gone."""
NOT_FOUND, CONFLICT, GONE, TOO_MANY = 404, 409, 410, 429


class Refused(SeatrialError):
    """The API server, or a webhook that it asked, said no to a write.

    `status` is the HTTP status, `by` who said no: `schema`, `CEL`, `webhook NAME`, `rbac`, `quota` or `server`.
    """

    def __init__(self, what: str, status: int, message: str) -> None:
        self.status = status
        self.reason = message
        self.by = _who_refused(status, message)
        super().__init__(f"{what} was refused by {self.by} ({status}): {message}")


class Unreachable(SeatrialError):
    """The API server does not answer."""


def _who_refused(status: int, message: str) -> str:
    webhook = re.search(r'admission webhook "([^"]+)" denied', message)
    if webhook:
        return f"webhook {webhook[1]}"
    if status == 422 and "is invalid" in message:
        # CEL rules answer with their own message and a quoted type of value; structural schema names the rule.
        schema = ("Required value", "Unsupported value", "must be of type", "should match", "should be",
                  "unknown field", "must validate one and only one schema")
        return "schema" if any(word in message for word in schema) else "CEL"
    if status == 400 and ("strict decoding" in message or "unknown field" in message):
        return "schema"
    if status == 403 and "exceeded quota" in message:
        return "quota"
    if status == 403 and "cannot" in message:
        return "rbac"
    return "server"


def load(path: Path) -> Objects:
    """Return the objects of a YAML file of one or many documents; empty documents are left out.

    Raises UsageError with file, line and column when it is not YAML.
    """
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


def parse(text: str, name: str) -> Objects:
    """Return the objects of a YAML text; `name` stands for it in errors."""
    try:
        documents = [doc for doc in YAML(typ="safe", pure=False).load_all(text) if doc]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise UsageError(f"{where}: not YAML: {error.problem or error.context}") from error
    return [item for doc in documents for item in (doc["items"] if doc.get("kind") == "List" else [doc])]


def kind_of(obj: Object) -> str:
    """Return `apiVersion/Kind` of an object."""
    return f"{obj['apiVersion']}/{obj['kind']}"


def name_of(obj: Object) -> str:
    """Return `Kind namespace/name` of an object, for people."""
    meta = obj.get("metadata", {})
    where = f"{meta['namespace']}/" if meta.get("namespace") else ""
    return f"{obj.get('kind')} {where}{meta.get('name') or meta.get('generateName', '')}"


@dataclass(frozen=True)
class _Resource:
    plural: str
    namespaced: bool


class Api:
    """One API server, as one kubeconfig context sees it. Safe to share between threads."""

    def __init__(self, api_client: client.ApiClient) -> None:
        self._client = api_client
        self.host: str = api_client.configuration.host
        self._resources: dict[str, _Resource] = {}

    @classmethod
    def open(cls, kubeconfig: Path, context: str | None = None) -> Self:
        """Open the API server of a kubeconfig. Raises UsageError when the file cannot be used."""
        configuration = client.Configuration()
        try:
            config.load_kube_config(str(kubeconfig), context=context, client_configuration=configuration,
                                    persist_config=False)
        except (config.ConfigException, OSError) as error:
            raise UsageError(f"kubeconfig {kubeconfig} cannot be used: {error}",
                             "name one with --kubeconfig") from error
        configuration.connection_pool_maxsize = 64
        return cls(client.ApiClient(configuration))

    # -- requests ---------------------------------------------------------------------------------

    def _send(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None,
              content_type: str = "application/json", stream: bool = False, timeout_s: float = 60,
              ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json", **self._client.default_headers}
        token = self._client.configuration.get_api_key_with_prefix("authorization") \
            or self._client.configuration.get_api_key_with_prefix("BearerToken")
        if token:
            headers["Authorization"] = token
        if body is not None:
            headers["Content-Type"] = content_type
        url = self.host + path + (f"?{urlencode(query)}" if query else "")
        try:
            response: urllib3.BaseHTTPResponse = self._client.rest_client.pool_manager.request(
                method, url, headers=headers, body=None if body is None else json.dumps(body),
                timeout=urllib3.Timeout(connect=5, read=timeout_s), preload_content=not stream, retries=False)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"API server {self.host} does not answer: {_cause(error)}") from error
        return response

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON of a GET, or None when it is not there. Raises SeatrialError otherwise."""
        response = self._send("GET", path, query=query)
        if response.status == NOT_FOUND:
            return None
        if response.status >= 400:
            raise SeatrialError(f"GET {path}: {response.status} {_message(response)}")
        return json.loads(response.data)

    def text(self, path: str, **query: str) -> str:
        """Return the text of a GET. Raises SeatrialError when it is refused."""
        response = self._send("GET", path, query=query)
        if response.status >= 400:
            raise SeatrialError(f"GET {path}: {response.status} {_message(response)}")
        return response.data.decode(errors="replace")

    def _write(self, what: str, method: str, path: str, body: object, content_type: str = "application/json",
               query: Mapping[str, str] | None = None) -> Object:
        response = self._send(method, path, body=body, content_type=content_type, query=query)
        if response.status >= 400:
            raise Refused(what, response.status, _message(response))
        return dict(json.loads(response.data))

    def _resource(self, kind: str) -> _Resource:
        if kind not in self._resources:
            group_version, _, name = kind.rpartition("/")
            found = self.get(f"/api/{group_version}" if "/" not in group_version else f"/apis/{group_version}")
            for entry in (found or {}).get("resources", []):
                if "/" not in entry["name"]:
                    self._resources[f"{group_version}/{entry['kind']}"] = _Resource(entry["name"],
                                                                                    entry["namespaced"])
            if kind not in self._resources:
                raise SeatrialError(f"{self.host} serves no {name} of {group_version}")
        return self._resources[kind]

    def serves(self, kind: str) -> bool:
        """Whether the API server knows this kind now."""
        self._resources.pop(kind, None)
        try:
            return bool(self._resource(kind))
        except Unreachable:
            raise
        except SeatrialError:
            return False

    def path(self, kind: str, namespace: str | None = None, name: str | None = None, sub: str = "") -> str:
        """Return the REST path of a kind, a namespace's collection, one object or its subresource."""
        group_version = kind.rpartition("/")[0]
        resource = self._resource(kind)
        root = "/api/" if "/" not in group_version else "/apis/"
        where = f"/namespaces/{namespace}" if namespace and resource.namespaced else ""
        return f"{root}{group_version}{where}/{resource.plural}" + (f"/{name}" if name else "") \
            + (f"/{sub}" if sub else "")

    def _path_of(self, obj: Object, *, named: bool) -> str:
        meta = obj["metadata"]
        kind = kind_of(obj)
        namespace = meta.get("namespace") or ("default" if self._resource(kind).namespaced else None)
        return self.path(kind, namespace, meta["name"] if named else None)

    # -- objects ----------------------------------------------------------------------------------

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Create an object and return it as the server made it; a dry run asks everybody and keeps nothing.

        Raises Refused.
        """
        return self._write(name_of(obj), "POST", self._path_of(obj, named=False), obj,
                           query={"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict",
                                  **({"dryRun": "All"} if dry_run else {})})

    def apply(self, obj: Object) -> Object:
        """Apply an object server-side, taking over fields that others own. Raises Refused."""
        return self._write(name_of(obj), "PATCH", self._path_of(obj, named=True), obj,
                           "application/apply-patch+yaml",
                           {"fieldManager": FIELD_MANAGER, "force": "true"})

    def apply_all(self, objs: Iterable[Object], *, within: float = 60) -> None:
        """Apply objects side by side: namespaces and CRDs first, the rest when the CRDs are served.

        A write that a webhook cannot answer yet is tried again for `within` seconds. Raises Refused.
        """
        todo = [*objs]
        first = [obj for obj in todo if obj["kind"] in FIRST]
        rest = [obj for obj in todo if obj["kind"] not in FIRST]
        with ThreadPoolExecutor(8) as pool:
            _run(pool.map(partial(self.apply_soon, within=within), first))
            for obj in first:
                if obj["kind"] == "CustomResourceDefinition":
                    eventually(partial(self._established, obj["metadata"]["name"]), becomes=True, within=within,
                               because=f"CustomResourceDefinition {obj['metadata']['name']} is established")
            _run(pool.map(partial(self.apply_soon, within=within), rest))

    def apply_soon(self, obj: Object, *, within: float = 60) -> Object:
        """Apply an object, waiting up to `within` seconds for webhooks that do not answer yet."""
        applied: list[Object] = []

        def _try() -> str:
            try:
                applied.append(self.apply(obj))
            except Refused as refusal:
                if not _not_yet(refusal):
                    raise
                return refusal.reason
            return "applied"

        eventually(_try, becomes="applied", within=within, because=f"{name_of(obj)} is applied")
        return applied[-1]

    def _established(self, crd: str) -> bool:
        found = self.read("apiextensions.k8s.io/v1/CustomResourceDefinition", crd)
        return found is not None and is_true(found, "Established")

    def read(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """Return an object, or None when it is not there."""
        found = self.get(self.path(kind, namespace, name))
        return None if found is None else dict(found)

    def list(self, kind: str, namespace: str | None = None, labels: str = "", fields: str = "") -> Objects:
        """Return all objects of a kind, in a namespace or everywhere, that match the selectors."""
        return self._page(kind, namespace, labels, fields)[0]

    def _page(self, kind: str, namespace: str | None, labels: str, fields: str = "",
              ) -> tuple[Objects, str]:
        query = {key: value for key, value in
                 (("labelSelector", labels), ("fieldSelector", fields)) if value}
        found = self.get(self.path(kind, namespace), **query)
        if found is None:
            raise SeatrialError(f"{self.host} no longer serves {kind}")
        group_version, _, name = kind.rpartition("/")
        items = [{"apiVersion": group_version, "kind": name, **item} for item in found["items"]]
        return items, found["metadata"]["resourceVersion"]

    def patch(self, kind: str, name: str, body: Object | Sequence[Object], namespace: str | None = None,
              subresource: str = "") -> Object:
        """Change an object: a dictionary is a merge patch, a list a JSON patch. Raises Refused."""
        content = "application/merge-patch+json" if isinstance(body, dict) else "application/json-patch+json"
        return self._write(f"{kind.rpartition('/')[2]} {name}", "PATCH",
                           self.path(kind, namespace, name, subresource), body, content,
                           {"fieldManager": FIELD_MANAGER})

    def delete(self, kind: str, name: str, namespace: str | None = None, *, grace_s: int | None = None) -> None:
        """Delete an object in the background; one that is not there is fine. Raises Refused."""
        self._delete(self.path(kind, namespace, name), f"{kind.rpartition('/')[2]} {name}", grace_s, {})

    def delete_all(self, kind: str, namespace: str, labels: str = "") -> None:
        """Delete all objects of a kind in a namespace that match `labels`. Raises Refused."""
        query = {"labelSelector": labels} if labels else {}
        self._delete(self.path(kind, namespace), f"{kind} in {namespace}", None, query)

    def _delete(self, path: str, what: str, grace_s: int | None, query: Mapping[str, str]) -> None:
        options: Object = {"propagationPolicy": "Background"}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        response = self._send("DELETE", path, body=options, query=query)
        if response.status >= 400 and response.status != NOT_FOUND:
            raise Refused(f"deleting {what}", response.status, _message(response))

    def watch(self, kind: str, namespace: str | None = None, labels: str = "", *, stop: Stop,
              ) -> Iterator[tuple[str, Object]]:
        """Yield (`ADDED` | `MODIFIED` | `DELETED`, object), the current state first, until `stop` is set.

        A watch that the server ends is opened again from where it was; one that it has forgotten
        (410) starts over, and objects that went meanwhile are yielded as `DELETED`.
        """
        known: dict[str, Object] = {}
        while not stop.is_set():
            items, version = self._page(kind, namespace, labels)
            current = {item["metadata"]["uid"]: item for item in items}
            for uid in known.keys() - current.keys():
                yield "DELETED", known[uid]
            for uid, item in current.items():
                if uid not in known or known[uid]["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
                    yield "MODIFIED" if uid in known else "ADDED", item
            known = current
            for what, obj in self._watch_from(kind, namespace, labels, version, stop):
                known[obj["metadata"]["uid"]] = obj
                if what == "DELETED":
                    del known[obj["metadata"]["uid"]]
                yield what, obj

    def _watch_from(self, kind: str, namespace: str | None, labels: str, version: str, stop: Stop,
                    ) -> Iterator[tuple[str, Object]]:
        while not stop.is_set():
            query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true",
                     "timeoutSeconds": "300"}
            if labels:
                query["labelSelector"] = labels
            response = self._send("GET", self.path(kind, namespace), query=query, stream=True, timeout_s=SILENCE_S)
            if response.status == GONE:
                return
            if response.status >= 400:
                raise SeatrialError(f"watching {kind}: {response.status} {_message(response)}")
            with closing(response), stop.ends(partial(_end, response)):
                for event in _events(response):
                    obj = event["object"]
                    if event["type"] == "ERROR":
                        if obj.get("code") == GONE:
                            return
                        raise SeatrialError(f"watching {kind}: {obj.get('message')}")
                    version = obj["metadata"]["resourceVersion"]
                    if event["type"] != "BOOKMARK":
                        yield event["type"], obj
                    if stop.is_set():
                        return

    def logs(self, pod: str, namespace: str, container: str | None = None, tail: int | None = None) -> str:
        """Return a container's log."""
        query = {key: str(value) for key, value in (("container", container), ("tailLines", tail)) if value}
        return self.text(self.path("v1/Pod", namespace, pod, "log"), **query)

    def events(self, namespace: str, *, warnings_only: bool = False) -> Objects:
        """Return a namespace's events, oldest first."""
        found = self.list("v1/Event", namespace, fields="type=Warning" if warnings_only else "")
        return sorted(found, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")

    def pod_troubles(self, namespace: str) -> Lines:
        """Return a line for each container that waits or has ended: why, in the kubelet's words."""
        return [f"{pod['metadata']['name']}: {state.get('reason', '')}: {state.get('message', '').strip()}"
                for pod in self.list("v1/Pod", namespace)
                for status in pod.get("status", {}).get("containerStatuses", [])
                for state in (status["state"].get("waiting"), status.get("lastState", {}).get("terminated"))
                if state]

    def version(self) -> str:
        """Return the server's version, for example `v1.35.4`."""
        return str(self.get("/version")["gitVersion"])


def _run(results: Iterable[object]) -> None:
    for _ in results:
        continue  # a pool raises when its result is taken


def is_true(obj: Object, condition: str) -> bool:
    """Whether a condition of the object is True, and speaks of its current generation."""
    for entry in obj.get("status", {}).get("conditions") or []:
        if entry["type"] == condition:
            seen = entry.get("observedGeneration")
            current = seen is None or seen >= obj["metadata"].get("generation", 0)
            return bool(entry["status"] == "True" and current)
    return False


def _end(response: urllib3.BaseHTTPResponse) -> None:
    """Wake up whoever reads a response, from another thread."""
    with suppress(OSError, ValueError, RuntimeError):  # it is over already
        response.shutdown()


def _events(response: urllib3.BaseHTTPResponse) -> Iterator[Object]:
    rest = b""
    try:
        for chunk in response.stream(65536, decode_content=True):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (json.loads(line) for line in lines if line.strip())
    except (urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ProtocolError):
        return  # idle, or the server ended it: the caller opens the next one


def _message(response: urllib3.BaseHTTPResponse) -> str:
    text = response.data.decode(errors="replace")
    try:
        return str(json.loads(text).get("message", text))
    except ValueError:
        return text.strip()


def _cause(error: BaseException) -> str:
    reason = getattr(error, "reason", None)
    return str(reason if reason else error)


def _not_yet(refusal: Refused) -> bool:
    """Whether the same write may pass in a moment: a webhook, an API service or a CRD is still starting."""
    return refusal.status in (CONFLICT, TOO_MANY, 500, 502, 503, 504) or \
        (refusal.status == NOT_FOUND and "could not find the requested resource" in refusal.reason)
