"""The one door to `kubernetes`: objects in and out as plain dictionaries.

Kinds are named `apiVersion/Kind`, for example `v1/Pod` or `kueue.x-k8s.io/v1beta2/Workload`.
"""

import gc
import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self
from urllib.parse import urlencode

import urllib3
from kubernetes import client, config, stream
from yaml import YAMLError

from conformance.errors import SeatrialError, UsageError
from conformance.kube import retries, yaml
from conformance.kube.names import unique
from conformance.kube.retries import AGAIN_S
from conformance.matching import show
from conformance.waiting import Stop, Unmet, eventually, patience, strain

Object = dict[str, Any]
Objects = list[Object]
Lines = list[str]

FIELD_MANAGER = "seatrial"
WRITTEN_BY = "seatrial.io/written-by"
"""Annotation of an object: which call of which run made it."""
FIRST = ("Namespace", "CustomResourceDefinition")
SILENCE_S = 60
"""A watch that says nothing for so long is opened again: whoever should speak may be gone."""
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT, GONE, INVALID, TOO_MANY, INTERNAL = 401, 403, 404, 409, 410, 422, \
    429, 500
VERSION_PATH = "/metadata/resourceVersion"
PAGE = 500
"""Objects of one page: some megabytes of pods."""
ANSWERS_WITHIN_S = 65
"""How long an answer may take: a little more than an API server gives itself (--request-timeout, 60 s by default), so
that its own word for it arrives."""
REFUSED_S = 3
"""How long a server refuses to be asked whether it is ready before that is its last word."""
NOT_ALLOWED = re.compile(r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) (?:resource "(?P<resource>[^"]*)" in API group '
                         r'"(?P<group>[^"]*)"(?: in the namespace "(?P<namespace>[^"]*)")?|path "(?P<path>[^"]*)")')
MAY_NOT_UPGRADE = re.compile(r'"message": ?"pods "[^"]*" is forbidden: ?"')
"""Whoever may get pods/portforward and not create it: servers from 1.35 on ask for both where a connection becomes a
WebSocket, and do not say for what they ask."""


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
    """The API server does not answer.

    `may_be_done`: what it was asked for, it may have done; `is_there`: something takes connections there, or is too
    busy to.
    """

    def __init__(self, message: str, way_out: str = "", *, may_be_done: bool = False, is_there: bool = False) -> None:
        super().__init__(message, way_out)
        self.may_be_done = may_be_done
        self.is_there = is_there


class Overloaded(SeatrialError):
    """The API server answers, and has no time for what it was asked. `may_be_done` as for Unreachable."""

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
        said = next((document.data for document in yaml.read(path)), None) if path.exists() else None
        if isinstance(said, dict) and said.get("current-context"):
            return str(said["current-context"])
    return None


@contextmanager
def _usable(files: str) -> Iterator[None]:
    try:
        yield
    except (config.ConfigException, OSError, UsageError, YAMLError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"kubeconfig {files} cannot be used: {_first_line(error)}", _another(files)) from error


def load(path: Path) -> Objects:
    """Return the objects of a YAML file of one or many documents; empty documents are left out.

    Raises UsageError with file, line and column when it is not YAML.
    """
    return _flat(yaml.read(path))


def parse(text: str, name: str) -> Objects:
    """Return the objects of a YAML text; `name` stands for it in errors. Raises as `load` does."""
    return _flat(yaml.parse(text, name))


def _flat(documents: Sequence[yaml.Document]) -> Objects:
    found = [document.data for document in documents if document.data]
    return [item for doc in found for item in (doc["items"] if doc.get("kind") == "List" else [doc])]


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
        self.has_answered = False
        """Whether it is an API server that is there, as far as we know."""
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
            if not any(Path(file).expanduser().exists() for file in files.split(os.pathsep) if file):
                raise UsageError("there is no such file")
            chosen = context or _current_context(files)
            config.load_kube_config(files, context=chosen, client_configuration=configuration, persist_config=False)
        configuration.connection_pool_maxsize = 64
        return cls(client.ApiClient(configuration), files=files, context=chosen or "", outage_s=outage_s)

    # -- requests ---------------------------------------------------------------------------------

    def _send(self, method: str, path: str, *, query: Mapping[str, str] | None = None, stream: bool = False,
              timeout_s: float = ANSWERS_WITHIN_S, stop: Stop | None = None) -> urllib3.BaseHTTPResponse:
        """Ask for something until it is answered, or `stop` is set. Raises as `_Asking.answer` does."""
        return _Asking(self, method, path, query or {}, stream=stream, timeout_s=timeout_s, stop=stop).answer()

    def _ask_ready(self, ask: Callable[[], urllib3.BaseHTTPResponse]) -> urllib3.BaseHTTPResponse:
        """Ask, and ask once more when the server was away for a moment.

        Raises Unreachable, and Unauthorized and Forbidden once the server is sure of that.
        """
        try:
            response = ask()
        except Unreachable as error:
            if error.is_there or not self.has_answered or not self._outage_s:
                raise
            self._await_ready(error)
            response = ask()
        # A server that starts answers before it knows all its roles and accounts: what it says then it is asked again.
        if response.status in (UNAUTHORIZED, FORBIDDEN) and self._outage_s:
            self._await_ready(Unreachable(f"API server {self.host} is not ready"))
            response = ask()
        self.has_answered = True
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
        return self._get(path, query)

    def _get(self, path: str, query: Mapping[str, str], stop: Stop | None = None) -> Any:
        response = self._send("GET", path, query=query, stop=stop)
        if response.status == NOT_FOUND:
            return None
        if response.status >= 400:
            raise SeatrialError(f"GET {path}: {response.status} {_message(response)}")
        return _parsed(response, f"GET {path}")

    def text(self, path: str, **query: str) -> str:
        """Return the text of a GET. Raises SeatrialError when it is refused."""
        response = self._send("GET", path, query=query)
        if response.status >= 400:
            raise SeatrialError(f"GET {path}: {response.status} {_message(response)}")
        return response.data.decode(errors="replace")

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

        It is made once, also when the answer gets lost: an object of that name is ours when it bears the annotation
        that only this call writes. Raises Refused.
        """
        obj, writer = self._made(_named(obj)), unique(FIELD_MANAGER)
        if not dry_run:
            annotations = {**(obj["metadata"].get("annotations") or {}), WRITTEN_BY: writer}
            obj = {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}
        path = self._path_of(obj, named=True)

        def made() -> Object | None:
            there = self.get(path)
            return there if there and (there["metadata"].get("annotations") or {}).get(WRITTEN_BY) == writer else None

        query = {"fieldManager": writer, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
        return _Asking(self, "POST", self._path_of(obj, named=False), query, lambda: obj,
                       is_done=None if dry_run else made).written(name_of(obj))

    def apply(self, obj: Object) -> Object:
        """Apply an object server-side, taking over fields that others own. Raises Refused."""
        obj = self._made(obj)
        return _Asking(self, "PATCH", self._path_of(obj, named=True), {"fieldManager": FIELD_MANAGER, "force": "true"},
                       lambda: obj, content_type="application/apply-patch+yaml",
                       versioned="resourceVersion" in obj["metadata"]).written(name_of(obj))

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
            except Overloaded as error:
                return error.message
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

    def _page(self, kind: str, namespace: str | None, labels: str, fields: str = "", *, stop: Stop | None = None,
              ) -> tuple[Objects, str]:
        query = {key: value for key, value in
                 (("labelSelector", labels), ("fieldSelector", fields)) if value}
        found = self._get(self.path(kind, namespace), query, stop)
        if found is None:
            raise SeatrialError(f"{self.host} no longer serves {kind}")
        group_version, _, name = kind.rpartition("/")
        items = [{"apiVersion": group_version, "kind": name, **item} for item in found["items"]]
        return items, found["metadata"]["resourceVersion"]

    def patch(self, kind: str, name: str, body: Object | Sequence[Object], namespace: str | None = None,
              subresource: str = "") -> Object:
        """Change an object: a dictionary is a merge patch, a list a JSON patch.

        The change is made once, also when the answer gets lost: a field manager that only this call has tells whether
        it was. Raises Refused.
        """
        self._touch("change", kind, name, namespace)
        path, writer, is_merge = self.path(kind, namespace, name), unique(FIELD_MANAGER), isinstance(body, dict)
        what = f"{kind.rpartition('/')[2]} {name}"
        tied: list[Object] = []

        def changed() -> Object | None:
            there = self.get(path)
            if there and _was_changed_by(there, writer, body):
                return dict(self.get(f"{path}/{subresource}")) if subresource else there
            # What may still arrive must not be done a second time: a JSON patch can add to a list.
            tied[:] = [{"op": "test", "path": VERSION_PATH, "value": there["metadata"]["resourceVersion"]}
                       ] if there and not is_merge else []
            return None

        return _Asking(self, "PATCH", f"{path}/{subresource}" if subresource else path, {"fieldManager": writer},
                       lambda: body if is_merge else [*tied, *body], is_done=changed,
                       content_type=f"application/{'merge' if is_merge else 'json'}-patch+json",
                       versioned=isinstance(body, dict) and "resourceVersion" in body.get("metadata", {})).written(what)

    def delete(self, kind: str, name: str, namespace: str | None = None, *, grace_s: int | None = None, uid: str = "",
               ) -> None:
        """Delete an object in the background; one that is not there is fine.

        `uid` tells it from one that gets its name afterwards, as the pods of some jobs do. Raises Refused.
        """
        self._touch("delete", kind, name, namespace)
        options: Object = {"propagationPolicy": "Background"}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        if uid:
            options["preconditions"] = {"uid": uid}
        path = self.path(kind, namespace, name)

        def gone() -> Object | None:
            meta = (self.get(path) or {}).get("metadata")
            return {} if meta is None or "deletionTimestamp" in meta or uid not in ("", meta["uid"]) else None

        _Asking(self, "DELETE", path, {}, lambda: options, is_done=gone, versioned=bool(uid)).written(
            f"deleting {kind.rpartition('/')[2]} {name}", fine=(NOT_FOUND, CONFLICT) if uid else (NOT_FOUND,))

    def watch(self, kind: str, namespace: str | None = None, labels: str = "", *, stop: Stop,
              ) -> Iterator[tuple[str, Object]]:
        """Yield (`ADDED` | `MODIFIED` | `DELETED`, object), the current state first, until `stop` is set.

        A watch that the server ends is opened again from where it was; one that it has forgotten
        (410) starts over, and objects that went meanwhile are yielded as `DELETED`.
        """
        known: dict[str, Object] = {}
        while not stop.is_set():
            items, version = self._page(kind, namespace, labels, stop=stop)
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
            response = self._send("GET", self.path(kind, namespace), query=query, stream=True, timeout_s=SILENCE_S,
                                  stop=stop)
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
        question = {"apiVersion": group, "kind": "SelfSubjectAccessReview",
                    "spec": {"resourceAttributes": {**attributes}}}
        answer = _Asking(self, "POST", f"/apis/{group}/selfsubjectaccessreviews", {}, lambda: question).written(
            "SelfSubjectAccessReview")
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

    @contextmanager
    def forward(self, pod: str, namespace: str, port: int) -> Iterator[socket.socket]:
        """Yield a connection to a port of a pod, through the API server; it is closed after the body.

        One that the pod refuses ends at once. Raises Unreachable, and Forbidden where the account may not do that.
        """
        forwarding = self._forwarding(pod, namespace, port)
        try:
            yield forwarding.socket(port)
        finally:
            forwarding.close()

    def _forwarding(self, pod: str, namespace: str, port: int) -> Any:
        """Return the client's own port forward, made in a thread: it knows no limit of time for that."""
        made: SimpleQueue[Any] = SimpleQueue()
        in_vain = threading.Event()

        def ask() -> None:
            api = client.CoreV1Api(client.ApiClient(self._client.configuration))
            try:
                answer = stream.portforward(api.connect_get_namespaced_pod_portforward, pod, namespace, ports=str(port))
                if in_vain.is_set():
                    answer.close()
            except Exception as error:
                answer = error
            made.put(answer)

        threading.Thread(target=ask, daemon=True, name=f"port forward to {namespace}/{pod}").start()
        what = f"port {port} of pod {namespace}/{pod} cannot be reached through API server {self.host}"
        try:
            found = made.get(timeout=ANSWERS_WITHIN_S)
        except Empty:
            in_vain.set()
            raise Unreachable(f"{what}: no answer within {ANSWERS_WITHIN_S} s", is_there=True) from None
        if isinstance(found, Exception):
            said = str(getattr(found, "reason", None) or found)
            unquoted = said.replace('\\"', '"')
            not_allowed = NOT_ALLOWED.search(unquoted)
            if not_allowed:
                raise _forbidden(not_allowed) from found
            if MAY_NOT_UPGRADE.search(unquoted):
                raise Forbidden(f"the account of context {self.context}", "create", "pods/portforward",
                                namespace) from found
            raise Unreachable(f"{what}: {said.strip().splitlines()[0] if said.strip() else type(found).__name__}",
                              is_there=True) from found
        return found

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


class _Asking:
    """One request, asked until it is answered: an answer that got lost, and a server without time, say nothing.

    `is_done` looks whether an attempt of which nobody knows was done after all, and returns what it made; without it
    the request comes to the same when it is done twice. `body` is asked for before each attempt. `versioned`: it is
    about one version of an object.
    """

    def __init__(self, api: Api, method: str, path: str, query: Mapping[str, str],
                 body: Callable[[], object] | None = None, *, content_type: str = "application/json",
                 is_done: Callable[[], Object | None] | None = None, versioned: bool = False, stream: bool = False,
                 timeout_s: float | None = None, stop: Stop | None = None) -> None:
        self._api = api
        self._what = f"{method} {path}"
        self._method = method
        self._is_done = is_done
        self._versioned = versioned
        self._stop = stop
        self._ask = lambda: api._ask(method, path, query, body and body(), content_type, stream=stream,
                                     timeout_s=timeout_s or ANSWERS_WITHIN_S)
        self._attempts = 0
        self._not_before = 0.0
        self._again_s = float(AGAIN_S)
        self._in_vain = ""
        self._is_answer = False
        self._in_doubt = False
        self._lost: Unreachable | None = None
        self._answers: list[urllib3.BaseHTTPResponse] = []
        self._done: Object | None = None

    def answer(self) -> urllib3.BaseHTTPResponse:
        """Return the answer, also a refusal.

        Raises Unreachable when none comes, Overloaded when the server has no time, Unauthorized and Forbidden.
        """
        self._insist()
        return self._answers[-1]

    def written(self, what: str, *, fine: Collection[int] = ()) -> Object:
        """Return the object as it is written; nothing for a refusal with a status that is fine.

        Raises Refused, and as `answer` does.
        """
        self._what = what
        self._insist()
        if self._done is not None:
            return self._done
        response = self._answers[-1]
        if response.status in fine:
            return {}
        if response.status >= 400:
            raise Refused(what, response.status, _message(response))
        return dict(_parsed(response, what))

    def _insist(self) -> None:
        try:
            if self._attempt():  # however long that took: after it there is time for more
                self._again_s = round(AGAIN_S * strain(), 1)
                eventually(self._attempt, becomes="", within=self._again_s)
        except Unmet:
            self._give_up()
        except (Unreachable, Overloaded) as error:
            error.may_be_done |= self._in_doubt
            raise

    def _attempt(self) -> str:
        """Ask, unless it is too early; return what is in the way of an answer, nothing once it is there."""
        if self._stop and self._stop.is_set():
            raise Unreachable(f"nobody waits for {self._what} any more")
        if time.monotonic() < self._not_before:
            return self._in_vain
        if self._in_doubt and self._is_found():
            return ""
        self._attempts += 1
        try:
            response = self._api._ask_ready(self._ask)
        except Unreachable as error:
            if not error.is_there or not self._api.has_answered:
                raise
            self._lost = error
            self._in_doubt |= error.may_be_done
            return self._again(error.message)
        message = _message(response) if response.status >= 400 else ""
        asked_for_s = retries.retry_after_s(response.headers)
        if retries.is_passing(self._method, response.status, message, retry_after_s=asked_for_s,
                              versioned=self._versioned):
            self._lost, self._answers = None, [response]
            self._in_doubt |= response.status not in (TOO_MANY, CONFLICT)
            by_webhook = response.status == INTERNAL and "webhook" in message
            return self._again(f"{response.status} {message}", asked_for_s,
                               is_answer=by_webhook or response.status == CONFLICT)
        if response.status < 400 or not self._in_doubt:
            self._answers = [response]
        elif not self._is_found():
            self._answers = [response]
            if response.status == INVALID and self._method == "PATCH":  # it was tied to a version that is no more
                return self._again(f"{response.status} {message}", is_answer=True)
        return ""

    def _is_found(self) -> bool:
        self._done = self._is_done() if self._is_done else None
        return self._done is not None

    def _again(self, why: str, asked_for_s: float | None = None, *, is_answer: bool = False) -> str:
        """Note that it is to be asked again, and why; `is_answer`: once there is no time left for that, it is one."""
        pause_s = retries.pause_s(self._attempts) if asked_for_s is None else asked_for_s
        self._not_before, self._in_vain, self._is_answer = time.monotonic() + pause_s, why, is_answer
        return why

    def _give_up(self) -> None:
        """Raise what was in the way, unless it is an answer after all."""
        unknown = f"; whether {self._what} was done is not known" if self._in_doubt and self._method != "GET" else ""
        tried = f"asked {self._attempts} times in {self._again_s:g} s{unknown}"
        if self._lost:
            raise Unreachable(f"{self._lost.message}, {tried}", self._lost.way_out, may_be_done=self._in_doubt,
                              is_there=True) from self._lost
        if not self._is_answer:
            raise Overloaded(f"API server {self._api.host} has no time for {self._what}: {self._in_vain}, {tried}",
                             "see what keeps it busy: kubectl get --raw '/readyz?verbose'; try again when it is not",
                             may_be_done=self._in_doubt)


def _named(obj: Object) -> Object:
    """Return an object with the name that a server would give it: what has none would be made anew each time."""
    metadata = {**obj["metadata"]}
    stem = str(metadata.pop("generateName", "")).rstrip("-")
    return obj if metadata.get("name") or not stem else {**obj, "metadata": {**metadata, "name": unique(stem)}}


def _was_changed_by(obj: Object, writer: str, patch: Object | Sequence[Object]) -> bool:
    """Whether a patch of a field manager that nobody else has was done.

    Of an object that keeps no managed fields (it was made without any field) only what it holds tells; of a JSON patch
    that does not. Raises Unreachable then.
    """
    managers = [entry.get("manager") for entry in obj["metadata"].get("managedFields") or ()]
    if managers:
        return writer in managers
    if not isinstance(patch, dict):
        raise Unreachable(f"whether {name_of(obj)} was changed is not known: it keeps no managed fields",
                          may_be_done=True, is_there=True)
    return _holds(obj, {**patch, "metadata": {key: value for key, value in patch.get("metadata", {}).items()
                                              if key != "resourceVersion"}})


def _holds(value: object, patch: object) -> bool:
    """Whether a merge patch changes nothing."""
    if not isinstance(patch, dict):
        return value == patch
    return all(_holds(value.get(key) if isinstance(value, dict) else None, part) for key, part in patch.items())



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


def _parsed(response: urllib3.BaseHTTPResponse, what: str) -> Any:
    try:
        return json.loads(response.data)
    except ValueError as error:
        said = show(response.data.decode(errors="replace"))
        raise SeatrialError(f"{what} was answered with no JSON: {said}",
                            "another program answers there, or a proxy on the way: look at the kubeconfig's server",
                            ) from error


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
    return "name another one with --kubeconfig, or in KUBECONFIG"


def _forbidden(said: re.Match[str]) -> Forbidden:
    resource = said["path"] or said["resource"] + (f".{said['group']}" if said["group"] else "")
    return Forbidden(said["user"], said["verb"], resource, said["namespace"] or "")


_OF_CLIENT = re.compile(r"^HTTPS?Connection(Pool)?\([^)]*\): ")
"""How urllib3 begins what it says: with the address that is named already."""


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
    away = isinstance(error, urllib3.exceptions.NewConnectionError)
    not_sent = away or isinstance(error, urllib3.exceptions.ConnectTimeoutError)
    return Unreachable(f"API server {host} does not answer: {_OF_CLIENT.sub('', causes[0])}",
                       "see whether it runs and a network, a VPN or a proxy leads there: kubectl get --raw /readyz",
                       may_be_done=not not_sent, is_there=not away)


def _untrusted(why: str) -> str:
    if "not yet valid" in why or "expired" in why:
        here = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        return f"this machine's clock says {here}: set it right, or let the server's certificate be renewed"
    return "the kubeconfig's certificate-authority-data belongs to another server: get the kubeconfig again"


def _not_yet(refusal: Refused) -> bool:
    """Whether the same write may pass in a moment: a webhook, an API service or a CRD is still starting."""
    return refusal.status in (CONFLICT, INTERNAL) or \
        (refusal.status == NOT_FOUND and "could not find the requested resource" in refusal.reason)
