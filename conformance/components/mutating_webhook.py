"""Faults that any component can have: a webhook of ours rewrites what others create, and the platform believes it."""

import base64
import copy
import json
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from conformance.errors import Unsupported
from conformance.kube.api import Api, Object, Refused
from conformance.kube.names import unique
from conformance.kube.pki import Authority, Pair
from conformance.model.fault import Site
from conformance.model.labels import WORKLOAD
from conformance.waiting import eventually, patience

MUTATING = "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration"
SEEN = "seatrial.io/seen-by"
ASKED_FOR = "seatrial.io/asks"
ELSEWHERE = "192.0.2.1"
"""An address of nobody (RFC 5737): what is on the way there is on the way to anywhere."""

Change = Callable[[Object], object]


def rewrites(resource: str, change: Change, *, group: str = "") -> Callable[[Site], AbstractContextManager[None]]:
    """Return what keeps objects of a resource, for example `pytorchjobs`, changed whenever they are written.

    Of pods it takes those of a behaviour's workloads only. Raises Unsupported where the API server cannot reach us.
    """
    @contextmanager
    def applied(site: Site) -> Iterator[None]:
        name = unique("seatrial-saboteur")
        with _serving(change, name, _own_address(site.api)) as client:
            selector = {"matchExpressions": [{"key": WORKLOAD, "operator": "Exists"}]} if resource == "pods" else {}
            try:
                site.api.create({
                    "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                    "metadata": {"name": name},
                    "webhooks": [_webhook("rewrites", client, group, resource, selector),
                                 _webhook("answers", client, "", "configmaps", {"matchLabels": {ASKED_FOR: name}})]})
                eventually(partial(_asked, site.api, name), becomes=name, within=patience().apply,
                           because="who rewrites what is written")
                yield
            finally:
                site.api.delete(MUTATING, name)
                eventually(partial(_asked, site.api, name), becomes="", within=patience().apply,
                           because="who still rewrites what is written")

    return applied


def _webhook(verb: str, client: Object, group: str, resource: str, selector: Object) -> Object:
    return {
        "name": f"{verb}.saboteur.seatrial.io", "clientConfig": client, "objectSelector": selector,
        "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 10,
        "failurePolicy": "Ignore",  # should this process die, nobody else is to suffer
        "rules": [{"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
                   "resources": [resource]}]}


def _asked(api: Api, name: str) -> str:
    """Return who rewrote an object that is written and not kept, or why it was refused."""
    try:
        made = api.create({"apiVersion": "v1", "kind": "ConfigMap",
                           "metadata": {"name": name, "namespace": "default", "labels": {ASKED_FOR: name}}},
                          dry_run=True)
    except Refused as refusal:
        return refusal.reason
    return str(made["metadata"].get("annotations", {}).get(SEEN, ""))


def _own_address(api: Api) -> str:
    """Return our address as the API server can reach it. Raises Unsupported."""
    address = _towards(urlsplit(api.host).hostname or "")
    if address and not ip_address(address).is_loopback:
        return address
    # A port of this machine leads to it, as to clusters of kind, or to the far end of a tunnel: a network of its own
    # here tells it is near.
    advertised = _advertised(api)
    if advertised and (address := _towards(advertised)) != _towards(ELSEWHERE):
        return address
    raise Unsupported(f"API server {api.host} may be in another network: no webhook of ours can be reached there")


def _advertised(api: Api) -> str:
    """Return the address that an API server gives those inside its cluster."""
    found = api.read("discovery.k8s.io/v1/EndpointSlice", "kubernetes", "default") or {}
    return next((str(address) for endpoint in found.get("endpoints") or () for address in endpoint["addresses"]), "")


def _towards(server: str) -> str:
    """Return the address that we have for a server; nothing for one to which no way leads."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:  # nothing is sent
        try:
            way.connect((server, 443))
        except OSError:
            return ""
        return str(way.getsockname()[0])


class _Server(ThreadingHTTPServer):
    """Answers AdmissionReviews."""

    daemon_threads = True

    def __init__(self, address: str, change: Change, name: str) -> None:
        super().__init__((address, 0), _Handler)
        self.change, self.name = change, name

    def rewritten(self, obj: Object) -> Object:
        """Return the object as it is to be."""
        if obj.get("metadata", {}).get("labels", {}).get(ASKED_FOR) == self.name:
            obj["metadata"]["annotations"] = {SEEN: self.name}
        else:
            self.change(obj)
        return obj


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        before = request["object"]
        after = cast(_Server, self.server).rewritten(copy.deepcopy(before))
        patch = [{"op": "add", "path": f"/{key}", "value": value} for key, value in after.items()
                 if value != before.get(key)]
        answer: Object = {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch",
                          "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name upstream)
        """Say nothing: the report tells what happened."""


@contextmanager
def _serving(change: Change, name: str, address: str) -> Iterator[Object]:
    """Serve the webhook and yield how the API server reaches it."""
    authority = Authority("seatrial-saboteur")
    with _Server(address, change, name) as server:
        server.socket = _tls(authority.issue(name, serves=[address])).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name=name)
        thread.start()
        try:
            yield {"url": f"https://{address}:{server.server_address[1]}/",
                   "caBundle": base64.b64encode(authority.pair.certificate).decode()}
        finally:
            server.shutdown()
            thread.join()


def _tls(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # it takes files only
        pair.write(Path(folder), "webhook")
        context.load_cert_chain(Path(folder) / "webhook.crt", Path(folder) / "webhook.key")
    return context
