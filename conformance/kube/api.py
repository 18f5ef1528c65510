"""The one door to `kubernetes`: objects in and out as plain dictionaries.

Kinds are named `apiVersion/Kind`, for example `v1/Pod` or `kueue.x-k8s.io/v1beta2/Workload`.
"""

import gc
import json
import os
import re
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import urllib3
import yaml
from kubernetes import client, config
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from conformance.errors import SeatrialError, UsageError
from conformance.waiting import Stop, Unmet, eventually, patience

Object = dict[str, Any]
Objects = list[Object]
Lines = list[str]

FIELD_MANAGER = "seatrial"
FIRST = ("Namespace", "CustomResourceDefinition")
SILENCE_S = 60
"""A watch that says nothing for so long is opened again: whoever should speak may be gone."""
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT, GONE, TOO_MANY = 401, 403, 404, 409, 410, 429
PAGE = 500
"""Objects of one page: some megabytes of pods."""
REPEATABLE = ("GET", "PATCH", "PUT", "DELETE")
"""What comes to the same when it is done twice; whether a POST was done cannot be told when its answer is lost."""
REFUSED_S = 3
"""How long a server refuses to be asked whether it is ready before that is its last word."""
NOT_ALLOWED = re.compile(r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) (?:resource "(?P<resource>[^"]*)" in API group '
                         r'"(?P<group>[^"]*)"(?: in the namespace "(?P<namespace>[^"]*)")?|path "(?P<path>[^"]*)")')


class Refused(SeatrialError):
    """The API server, or a webhook that it asked, said no to a write.

    `status` is the HTTP status, `by` who said no: `schema`, `CEL`, `webhook NAME`, `quota` or `server`. That the
    account may not do it at all is no answer to what was written: that is `Forbidden`.
    """

    def __init__(self, what: str, status: int, message: str) -> None:
        self.status = status
        self.reason = message
        self.by = _who_refused(status, message)
        super().__init__(f"{what} was refused by {self.by} ({status}): {message}")


class Unreachable(SeatrialError):
    """The API server does not answer; `may_be_done`: what it was asked for, it may have done."""

    def __init__(self, message: str, way_out: str = "", *, may_be_done: bool = False) -> None:
        super().__init__(message, way_out)
        self.may_be_done = may_be_done


class Unauthorized(SeatrialError):
    """The API server does not know who asks: what the kubeconfig shows it is expired, revoked or of another server."""


NOBODY_READS = (Unreachable, Unauthorized)
"""What no part of a cluster can be read after: who reads what it may must not take these for an empty part."""


class NotServed(SeatrialError):
    """The API server knows no such kind."""


class Forbidden(SeatrialError):
    """The account may not do that, as far as RBAC says: `verb` and `resource` (`jobs.batch`), and where."""

    def __init__(self, user: str, verb: str, resource: str, namespace: str = "") -> None:
        self.verb, self.resource, self.namespace = verb, resource, namespace
        where = f"in namespace {namespace}" if namespace else "in the whole cluster"
        super().__init__(f"{user} may not {verb} {resource} {where}",
                         f"let somebody grant it the verb {verb} on {resource}; all that Seatrial needs is in "
                         "reference-manifests/rbac/")


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
    if status == FORBIDDEN and "exceeded quota" in message:
        return "quota"
    return "server"


def kubeconfig(named: Path | None = None) -> str:
    """Return the kubeconfig files that count, as kubectl chooses them: the named one, KUBECONFIG, ~/.kube/config.

    Several are separated as in KUBECONFIG.
    """
    return str(named or os.environ.get("KUBECONFIG") or "~/.kube/config")


def current_context(named: Path | None = None) -> str | None:
    """Return the current context of a kubeconfig (see `kubeconfig`), None when it names none.

    The first file that names one decides, as for kubectl. Raises UsageError when a file cannot be read.
    """
    files = kubeconfig(named)
    with _usable(files):
        return _current_context(files)


def _current_context(files: str) -> str | None:
    for file in filter(None, files.split(os.pathsep)):
        path = Path(file).expanduser()
        said = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
        if isinstance(said, dict) and said.get("current-context"):
            return str(said["current-context"])
    return None


@contextmanager
def _usable(files: str) -> Iterator[None]:
    try:
        yield
    except (config.ConfigException, OSError, yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"kubeconfig {files} cannot be used: {_first_line(error)}", _another(files)) from error


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

    def __init__(self, api_client: client.ApiClient, *, files: str = "", context: str = "", outage_s: float = 0,
                 ) -> None:
        self._client = api_client
        self.host: str = api_client.configuration.host
        self.kubeconfig, self.context = files, context
        """The files and the context of theirs that opened it."""
        self._outage_s = outage_s
        self._answered = False
        self._date = ""
        self._refused_at: float | None = None
        self._resources: dict[str, _Resource] = {}

    @classmethod
    def open(cls, named: Path | None = None, context: str | None = None, *, outage_s: float = 0) -> Self:
        """Open the API server of a kubeconfig (see `kubeconfig`) and of its current or another context.

        One that has answered and goes away is waited for, `outage_s` seconds long: it may be starting again.
        Raises UsageError when the file cannot be used or has no such context.
        """
        files = kubeconfig(named)
        configuration = client.Configuration()
        with _usable(files):
            chosen = context or _current_context(files)
            config.load_kube_config(files, context=chosen, client_configuration=configuration, persist_config=False)
        configuration.connection_pool_maxsize = 64
        return cls(client.ApiClient(configuration), files=files, context=chosen or "", outage_s=outage_s)

    # -- requests ---------------------------------------------------------------------------------

    def _send(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None,
              content_type: str = "application/json", stream: bool = False, timeout_s: float = 60,
              ) -> urllib3.BaseHTTPResponse:
        """Ask, and ask once more when the server was away for a moment.

        Raises Unreachable, and Unauthorized and Forbidden once the server is sure of that.
        """
        ask = partial(self._ask, method, path, query, body, content_type, stream=stream, timeout_s=timeout_s)
        try:
            response = ask()
        except Unreachable as error:
            if not self._answered or not self._outage_s or (method not in REPEATABLE and error.may_be_done):
                raise
            self._await_ready(error)
            response = ask()
        # A server that starts answers before it knows all its roles and accounts: what it says then it is asked again.
        if response.status in (UNAUTHORIZED, FORBIDDEN) and self._outage_s:
            self._await_ready(Unreachable(f"API server {self.host} is not ready"))
            response = ask()
        self._answered = True
        self._date = response.headers.get("Date") or self._date
        if response.status == UNAUTHORIZED:
            raise self._unauthorized(_message(response))
        not_allowed = NOT_ALLOWED.search(_message(response)) if response.status == FORBIDDEN else None
        if not_allowed:
            raise _forbidden(not_allowed)
        return response

    def _ask(self, method: str, path: str, query: Mapping[str, str] | None, body: object, content_type: str, *,
             stream: bool, timeout_s: float) -> urllib3.BaseHTTPResponse:
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
            raise _unreachable(self.host, error) from error
        return response

    def _is_ready(self) -> bool:
        """Whether the server says that it is ready; one that goes on refusing to be asked is taken to be."""
        try:
            status = self._ask("GET", "/readyz", None, None, "", stream=False, timeout_s=5).status
        except Unreachable:
            status = 0
        if status not in (UNAUTHORIZED, FORBIDDEN):
            self._refused_at = None
            return status in (200, NOT_FOUND)
        # So does one that starts, until it knows its roles.
        self._refused_at = self._refused_at or time.monotonic()
        return time.monotonic() - self._refused_at >= REFUSED_S

    def _await_ready(self, outage: Unreachable) -> None:
        try:
            eventually(self._is_ready, becomes=True, within=self._outage_s)
        except Unmet:
            raise Unreachable(f"{outage.message}, for {self._outage_s:g} s", outage.way_out) from outage

    def _unauthorized(self, message: str) -> Unauthorized:
        shown = "token" if self._client.configuration.api_key else "client certificate"
        whose = f"of context {self.context} " if self.context else ""
        return Unauthorized(f"API server {self.host} does not accept the {shown} {whose}({UNAUTHORIZED} {message})",
                            "it may have expired: log in again, or name another context with --context")

    @property
    def server_time(self) -> datetime:
        """The server's clock as of its last answer; ours when it did not say."""
        return parsedate_to_datetime(self._date) if self._date else datetime.now(UTC)

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
                raise NotServed(f"{self.host} serves no {name} of {group_version}")
        return self._resources[kind]

    def serves(self, kind: str) -> bool:
        """Whether the API server knows this kind now. Raises SeatrialError when it does not say."""
        self._resources.pop(kind, None)
        try:
            return bool(self._resource(kind))
        except NotServed:
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

    def _made(self, obj: Object) -> Object:
        """Return an object as it is to be made: who fences an API server in may mark or refuse it here."""
        return obj

    def _touch(self, verb: str, kind: str, name: str, namespace: str | None) -> None:
        """Hear that an object is to be changed or deleted: who fences an API server in may refuse it here."""

    def is_namespaced(self, kind: str) -> bool:
        """Whether objects of a kind live in namespaces. Raises SeatrialError for a kind that is not served."""
        return self._resource(kind).namespaced

    # -- objects ----------------------------------------------------------------------------------

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Create an object and return it as the server made it; a dry run asks everybody and keeps nothing.

        Raises Refused.
        """
        obj = self._made(obj)
        return self._write(name_of(obj), "POST", self._path_of(obj, named=False), obj,
                           query={"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict",
                                  **({"dryRun": "All"} if dry_run else {})})

    def apply(self, obj: Object) -> Object:
        """Apply an object server-side, taking over fields that others own. Raises Refused."""
        obj = self._made(obj)
        return self._write(name_of(obj), "PATCH", self._path_of(obj, named=True), obj,
                           "application/apply-patch+yaml",
                           {"fieldManager": FIELD_MANAGER, "force": "true"})

    def apply_all(self, objs: Iterable[Object]) -> None:
        """Apply objects side by side: namespaces and CRDs first, the rest when the CRDs are served.

        A write that a webhook cannot answer yet is tried again. Raises Refused.
        """
        todo = [*objs]
        first = [obj for obj in todo if obj["kind"] in FIRST]
        rest = [obj for obj in todo if obj["kind"] not in FIRST]
        with ThreadPoolExecutor(8) as pool:
            _run(pool.map(self.apply_soon, first))
            for obj in first:
                if obj["kind"] == "CustomResourceDefinition":
                    name = obj["metadata"]["name"]
                    eventually(partial(self._established, name), becomes=True, within=patience().ready,
                               because=f"CustomResourceDefinition {name} is established")
            _run(pool.map(self.apply_soon, rest))

    def apply_soon(self, obj: Object) -> Object:
        """Apply an object, waiting for webhooks that do not answer yet."""
        applied: list[Object] = []

        def _try() -> str:
            try:
                applied.append(self.apply(obj))
            except Refused as refusal:
                if not _not_yet(refusal):
                    raise
                return refusal.reason
            return "applied"

        eventually(_try, becomes="applied", within=patience().ready, because=f"{name_of(obj)} is applied")
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

    def each(self, kind: str, namespace: str | None = None, labels: str = "", *, page: int = PAGE) -> Iterator[Object]:
        """Yield all objects of a kind, as the server has them, holding one page of them at a time.

        What changes meanwhile may be seen or not.
        """
        path, after = self.path(kind, namespace), ""
        while True:
            query = {"limit": str(page)} | {key: value for key, value in
                                            (("labelSelector", labels), ("continue", after)) if value}
            response = self._send("GET", path, query=query)
            with _uncollected():
                found = json.loads(response.data) if response.status in (200, GONE) else {}
            after = found.get("metadata", {}).get("continue", "")
            if response.status == GONE and after:
                continue  # the server has forgotten the list that we were in: it goes on with what there is now
            if response.status >= 400:
                raise SeatrialError(f"GET {path}: {response.status} {_message(response)}")
            yield from found["items"]
            if not after:
                return

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
        self._touch("change", kind, name, namespace)
        content = "application/merge-patch+json" if isinstance(body, dict) else "application/json-patch+json"
        return self._write(f"{kind.rpartition('/')[2]} {name}", "PATCH",
                           self.path(kind, namespace, name, subresource), body, content,
                           {"fieldManager": FIELD_MANAGER})

    def delete(self, kind: str, name: str, namespace: str | None = None, *, grace_s: int | None = None) -> None:
        """Delete an object in the background; one that is not there is fine. Raises Refused."""
        self._touch("delete", kind, name, namespace)
        self._delete(self.path(kind, namespace, name), f"{kind.rpartition('/')[2]} {name}", grace_s, {})

    def delete_all(self, kind: str, namespace: str, labels: str = "") -> None:
        """Delete all objects of a kind in a namespace that match `labels`. Raises Refused."""
        self._touch("delete", kind, "", namespace)
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

    def may(self, attributes: Mapping[str, str]) -> bool:
        """Whether the account may do what a SelfSubjectAccessReview's resourceAttributes say."""
        group = "authorization.k8s.io/v1"
        answer = self._write("SelfSubjectAccessReview", "POST", f"/apis/{group}/selfsubjectaccessreviews", {
            "apiVersion": group, "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {**attributes}}})
        return bool(answer["status"]["allowed"])

    def kind_of_resource(self, group: str, resource: str) -> str | None:
        """Return the kind of a resource such as `jobs`, in the version that the server prefers; None: not served."""
        if not group:
            version = "v1"
        else:
            groups = {one["name"]: one["preferredVersion"]["groupVersion"]
                      for one in (self.get("/apis") or {}).get("groups", [])}
            if group not in groups:
                return None
            version = groups[group]
        found = self.get(f"/apis/{version}" if group else f"/api/{version}") or {}
        return next((f"{version}/{entry['kind']}" for entry in found.get("resources", []) if entry["name"] == resource),
                    None)

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


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for cycles: while a large text becomes objects, that takes two thirds of the time, in vain."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


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


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]


def _another(files: str) -> str:
    """Return the way out of a kubeconfig or a context that cannot be used."""
    with suppress(Exception):  # then there is no context to choose from
        known = sorted(str(one["name"]) for one in config.list_kube_config_contexts(files)[0])
        return f"its contexts are: {', '.join(known)}; name one with --context, or another file with --kubeconfig"
    return "name another one with --kubeconfig"


def _forbidden(said: re.Match[str]) -> Forbidden:
    resource = said["path"] or said["resource"] + (f".{said['group']}" if said["group"] else "")
    return Forbidden(said["user"], said["verb"], resource, said["namespace"] or "")


def _unreachable(host: str, error: urllib3.exceptions.HTTPError) -> Unreachable:
    causes: Lines = []
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return Unreachable(f"the certificate of API server {host} is not accepted: {found.verify_message}",
                               _untrusted(found.verify_message))
        causes.append(str(getattr(found, "reason", None) or found))
        found = found.__cause__ or found.__context__ or next(
            (one for one in found.args if isinstance(one, BaseException)), None)
    not_sent = isinstance(error, urllib3.exceptions.ConnectTimeoutError | urllib3.exceptions.NewConnectionError)
    return Unreachable(f"API server {host} does not answer: {causes[0]}",
                       "see whether it runs and a network, a VPN or a proxy leads there: kubectl get --raw /readyz",
                       may_be_done=not not_sent)


def _untrusted(why: str) -> str:
    if "not yet valid" in why or "expired" in why:
        here = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        return f"this machine's clock says {here}: set it right, or let the server's certificate be renewed"
    return "the kubeconfig's certificate-authority-data belongs to another server: get the kubeconfig again"


def _not_yet(refusal: Refused) -> bool:
    """Whether the same write may pass in a moment: a webhook, an API service or a CRD is still starting."""
    return refusal.status in (CONFLICT, TOO_MANY, 500, 502, 503, 504) or \
        (refusal.status == NOT_FOUND and "could not find the requested resource" in refusal.reason)
