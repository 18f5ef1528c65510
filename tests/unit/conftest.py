"""A small API server in memory, for what speaks to one."""

import copy
import http.server
import json
import re
import socket
import threading
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest


@pytest.fixture(autouse=True)
def calm_machine(monkeypatch):
    """What other programs do on this machine changes no wait here."""
    monkeypatch.setattr("conformance.waiting.MOST_STRAIN", 1)


KINDS = {
    "v1/Node": "nodes", "v1/Namespace": "namespaces", "v1/Pod": "pods", "v1/ConfigMap": "configmaps",
    "v1/Event": "events", "apps/v1/Deployment": "deployments", "batch/v1/Job": "jobs",
    "coordination.k8s.io/v1/Lease": "leases", "scheduling.k8s.io/v1/PriorityClass": "priorityclasses",
    "authorization.k8s.io/v1/SelfSubjectAccessReview": "selfsubjectaccessreviews",
    "kueue.x-k8s.io/v1beta2/ClusterQueue": "clusterqueues", "kueue.x-k8s.io/v1beta2/LocalQueue": "localqueues",
    "kueue.x-k8s.io/v1beta2/Workload": "workloads", "kueue.x-k8s.io/v1beta2/ResourceFlavor": "resourceflavors",
    "kueue.x-k8s.io/v1beta2/Cohort": "cohorts", "kueue.x-k8s.io/v1beta2/Topology": "topologies",
    "kueue.x-k8s.io/v1beta2/WorkloadPriorityClass": "workloadpriorityclasses",
    "scheduling.volcano.sh/v1beta1/Queue": "queues", "topology.volcano.sh/v1alpha1/HyperNode": "hypernodes",
    "batch.volcano.sh/v1alpha1/Job": "jobs",
    "gateway.networking.k8s.io/v1/GatewayClass": "gatewayclasses", "gateway.networking.k8s.io/v1/Gateway": "gateways",
    "templates.gatekeeper.sh/v1/ConstraintTemplate": "constrainttemplates",
    "constraints.gatekeeper.sh/v1beta1/SeatrialA": "seatriala",
    "custom.metrics.k8s.io/v1beta2/MetricValueList": "pods/vllm:num_requests_waiting",
}
CLUSTER_SCOPED = {"nodes", "namespaces", "clusterqueues", "resourceflavors", "cohorts", "topologies", "queues",
                  "hypernodes", "workloadpriorityclasses", "priorityclasses", "gatewayclasses", "constrainttemplates",
                  "seatriala", "selfsubjectaccessreviews"}
PATH = re.compile(r"/(?:api/(?P<core>v1)|apis/(?P<version>[^/]+/[^/]+))"
                  r"(?:/namespaces/(?P<namespace>[^/]+)(?=/))?/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>.+))?$")


class PretendCluster:
    """Keeps objects by path. `refuse` holds (verb, resource) that the account may not; `asked` all that was asked."""

    def __init__(self):
        self.kinds = dict(KINDS)
        self.objects = {}
        self.refuse = set()
        self.asked = []
        self.port: int | None = None
        self.kubeconfig: Path | None = None
        self.answers = {}
        self.ready = True
        self.lock = threading.RLock()
        self.version = 0
        self.allowed = lambda verb, resource, namespace: (verb, resource) not in self.refuse

    def plural(self, kind):
        return self.kinds[kind]

    def add(self, kind, name, namespace=None, **parts):
        """Put an object there; return it."""
        group_version, _, what = kind.rpartition("/")
        metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **parts.pop("metadata", {})}
        obj = {"apiVersion": group_version, "kind": what, "metadata": metadata, **parts}
        self.keep(group_version, self.plural(kind), namespace, name, obj)
        return obj

    def keep(self, group_version, plural, namespace, name, obj):
        self.version += 1
        obj["metadata"] = {"uid": str(uuid.uuid4()), "creationTimestamp": "2026-01-01T00:00:00Z",
                           **obj["metadata"], "resourceVersion": str(self.version)}
        self.objects[(group_version, plural, namespace, name)] = obj

    def find(self, kind, namespace=None):
        """Names of the objects of a kind."""
        group_version = kind.rpartition("/")[0]
        return sorted(name for (version, plural, where, name) in self.objects
                      if (version, plural) == (group_version, self.plural(kind)) and (namespace in (None, where)))

    def read(self, kind, name, namespace=None):
        return self.objects.get((kind.rpartition("/")[0], self.plural(kind), namespace, name))

    # -- answering ------------------------------------------------------------------------------

    def answer(self, method, url, body):
        path, query = urlsplit(url).path, dict(parse_qsl(urlsplit(url).query))
        with self.lock:
            return self._answer(method, path, query, body)

    def _answer(self, method, path, query, body):
        if path in self.answers:
            found = self.answers[path]
            return found(method, query, body) if callable(found) else found
        groups = sorted({kind.rpartition("/")[0] for kind in self.kinds if kind.count("/") == 2})
        fixed = {"/readyz": (200, "ok") if self.ready else (500, "not yet"), "/version": (200, {"gitVersion": "v1.35.4"}),
                 "/apis": (200, {"groups": [{"name": version.partition("/")[0],
                                             "preferredVersion": {"groupVersion": version}} for version in groups]})}
        if path in fixed:
            return fixed[path]
        served = self._resources(path)
        if served:
            return 200, {"resources": served}
        found = PATH.match(path)
        if not found:
            return 404, {"message": "the server could not find the requested resource"}
        return self._about(method, found["core"] or found["version"], found["plural"], found["namespace"], found["name"],
                           found["sub"], query, body)

    def _resources(self, path):
        version = path.removeprefix("/apis/").removeprefix("/api/")
        return [{"name": plural, "kind": kind.rpartition("/")[2], "namespaced": plural not in CLUSTER_SCOPED}
                for kind, plural in self.kinds.items() if kind.rpartition("/")[0] == version]

    def _about(self, method, version, plural, namespace, name, sub, query, body):
        verb = {"GET": "get" if name else "watch" if "watch" in query else "list", "POST": "create", "PATCH": "patch",
                "PUT": "update", "DELETE": "delete" if name else "deletecollection"}[method]
        group = version.rpartition("/")[0]
        resource = plural + (f".{group}" if group else "")
        self.asked.append((verb, resource, namespace, name))
        if plural == "selfsubjectaccessreviews":
            asked = body["spec"]["resourceAttributes"]
            full = "/".join(filter(None, (asked["resource"], asked.get("subresource")))) + (f".{asked['group']}" if asked.get("group") else "")
            return 201, {**body, "status": {"allowed": self.allowed(asked["verb"], full, asked.get("namespace"))}}
        if not self.allowed(verb, resource, namespace):
            where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            return 403, {"message": f'{plural} is forbidden: User "trial" cannot {verb} resource "{plural}" in API group '
                                    f'"{group}" {where}'}
        key = (version, plural, namespace, name)
        return getattr(self, f"_{verb}")(key, query, body)

    def _get(self, key, query, body):
        return (200, self.objects[key]) if key in self.objects else (404, {"message": f"{key[1]} {key[3]} not found"})

    def _list(self, key, query, body):
        version, plural, namespace, _ = key
        wanted = dict(part.split("=") for part in query.get("labelSelector", "").split(",") if "=" in part)
        there = [part for part in query.get("labelSelector", "").split(",") if part and "=" not in part]
        found = [obj for (v, p, where, _), obj in sorted(self.objects.items(), key=lambda one: str(one[0]))
                 if (v, p) == (version, plural) and namespace in (None, where)
                 and wanted.items() <= (obj["metadata"].get("labels") or {}).items()
                 and all(label in (obj["metadata"].get("labels") or {}) for label in there)]
        start, size = int(query.get("continue", 0)), int(query.get("limit", 0)) or len(found) or 1
        meta = {"resourceVersion": str(self.version)}
        if start + size < len(found):
            meta["continue"] = str(start + size)
        return 200, {"metadata": meta, "items": copy.deepcopy(found[start:start + size])}

    def _create(self, key, query, body):
        version, plural, namespace, _ = key
        name = body["metadata"]["name"]
        if (version, plural, namespace, name) in self.objects:
            return 409, {"reason": "AlreadyExists", "message": f'{plural} "{name}" already exists'}
        _manage(body, query)
        if "dryRun" not in query:
            self.keep(version, plural, namespace, name, body)
        return 201, body

    def _patch(self, key: tuple[str, str, str | None, str], query, body):
        if isinstance(body, list):
            return self._json_patch(key, query, body)
        found = copy.deepcopy(self.objects.get(key)) or ({} if "force" in query else None)
        if found is None:
            return 404, {"message": f"{key[1]} {key[3]} not found"}
        merged = _merged(found, body)
        wanted = body.get("metadata", {}).get("resourceVersion")
        if wanted and wanted != found.get("metadata", {}).get("resourceVersion"):
            return 409, {"message": "the object has been modified"}
        if merged != found:
            _manage(merged, query)
            self.keep(*key, merged)
        return 200, merged

    def _json_patch(self, key: tuple[str, str, str | None, str], query, body):
        if key not in self.objects:
            return 404, {"message": f"{key[1]} {key[3]} not found"}
        changed = copy.deepcopy(self.objects[key])
        for step in body:
            *way, last = step["path"].removeprefix("/").split("/")
            inner = changed
            for part in way:
                inner = inner[part]
            if step["op"] == "test" and inner.get(last) != step["value"]:
                return 422, {"message": f"error in test for path: '{step['path']}': test failed"}
            if step["op"] in ("add", "replace"):
                inner.append(step["value"]) if last == "-" else inner.update({last: step["value"]})
        _manage(changed, query)
        self.keep(*key, changed)
        return 200, changed

    def _delete(self, key, query, body):
        if key not in self.objects:
            return 404, {"message": f"{key[1]} {key[3]} not found"}
        wanted = (body or {}).get("preconditions", {}).get("uid")
        if wanted and wanted != self.objects[key]["metadata"]["uid"]:
            return 409, {"reason": "Conflict", "message": f"the UID in the precondition ({wanted}) does not match"}
        if key[1] == "namespaces":
            if self.objects[key]["metadata"].get("finalizers"):
                self.objects[key]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
                return 200, self.objects[key]
            for inner in [one for one in self.objects if one[2] == key[3]]:
                del self.objects[inner]
        return 200, self.objects.pop(key)


def _manage(obj, query):
    """Note who wrote an object, as the server does: each field manager once, and of an object without fields none."""
    if not obj["metadata"].get("managedFields") and not {*obj} - {"apiVersion", "kind", "metadata"} and \
            not {*obj["metadata"]} & {"labels", "annotations"}:
        return
    others = [entry for entry in obj["metadata"].get("managedFields", []) if entry["manager"] != query["fieldManager"]]
    obj["metadata"]["managedFields"] = [*others, {"manager": query["fieldManager"]}]


def _merged(base, over):
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {key: value for key, value in {**base, **{key: _merged(base.get(key), value) for key, value in
                                                     over.items()}}.items() if value is not None}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    cluster: PretendCluster

    def __init__(self, *given):
        super().__init__(*given)
        self.connections = []

    def process_request(self, request, client_address):
        self.connections.append(request)
        super().process_request(request, client_address)

    def server_close(self):
        super().server_close()
        for connection in self.connections:  # those that are kept alive would outlive the server
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up, which is what some tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait for an acknowledgement

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        status, answer = self.server.cluster.answer(self.command, self.path, body)
        said = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 -- their names upstream

    def log_message(self, *_):
        pass


@contextmanager
def _serving(cluster, *, context=None, port=0):
    server = _Server(("127.0.0.1", port), _Handler)
    server.cluster = cluster
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _kubeconfig(file, url, *, context="pretend", user=None, **cluster):
    file.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": context, "users": [{"name": "u", "user": user or {}}],
        "clusters": [{"name": "c", "cluster": {"server": url, **cluster}}],
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}]}))
    return file


@pytest.fixture
def serving():
    """A function that serves a PretendCluster, on a port of its own or a given one, while its `with` lasts."""
    return _serving


@pytest.fixture
def write_kubeconfig(tmp_path):
    """A function that writes a kubeconfig for a URL and returns its path."""
    return lambda url, name="kubeconfig", **more: _kubeconfig(tmp_path / name, url, **more)


@pytest.fixture
def pretend_cluster(serving, write_kubeconfig):
    """A PretendCluster that is served; its `kubeconfig` opens it."""
    cluster = PretendCluster()
    with serving(cluster) as port:
        cluster.port = port
        cluster.kubeconfig = write_kubeconfig(f"http://127.0.0.1:{port}")
        yield cluster
