"""Addresses of Services that this process can reach: through the node network, or through the API server.

Where this machine has a route to the cluster's Service network, connections pass kube-proxy as those of pods do.
Elsewhere each of them is forwarded by the API server to a pod that the Service's EndpointSlices call ready at that
moment, one after the other: what kube-proxy would make of them is not seen then.
"""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from conformance.errors import SeatrialError
from conformance.kube.api import Api, Object
from conformance.model.address import Address
from conformance.waiting import Unmet, eventually, patience

SERVICE, SLICE = "v1/Service", "discovery.k8s.io/v1/EndpointSlice"
OF_SERVICE = "kubernetes.io/service-name"
HERE = "127.0.0.1"
CONNECT_WITHIN_S = 2
CLOSE_WITHIN_S = 10
AT_ONCE = 65536
"""Bytes that are passed on at once."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A pod behind a Service, and its port."""

    pod: str
    port: int


@dataclass(frozen=True, kw_only=True)
class _Port:
    """A port of a Service."""

    api: Api
    namespace: str
    service: str
    name: str
    number: int
    cluster_ip: str

    def __str__(self) -> str:
        return f"port {self.number} of Service {self.namespace}/{self.service}"

    def ready(self) -> list[Endpoint]:
        """Return the pods behind it that are ready now, by name."""
        slices = self.api.list(SLICE, self.namespace, labels=f"{OF_SERVICE}={self.service}")
        return sorted((Endpoint(pod=endpoint["targetRef"]["name"], port=port["port"])
                       for one in slices for port in one.get("ports") or () if port.get("name", "") == self.name
                       for endpoint in one.get("endpoints") or () if _is_ready(endpoint)),
                      key=lambda endpoint: endpoint.pod)


def _is_ready(endpoint: Object) -> bool:
    # Not said is ready (discovery.k8s.io/v1, EndpointConditions). What is no pod cannot be forwarded to.
    is_pod = (endpoint.get("targetRef") or {}).get("kind") == "Pod"
    return is_pod and (endpoint.get("conditions") or {}).get("ready") is not False


@contextmanager
def routed(api: Api, namespace: str, service: str, port: int) -> Iterator[Address]:
    """Yield the cluster's own address of a Service, on a machine with a route to it.

    Raises SeatrialError where there is no such Service or port, no pod behind it is ready, or it takes no connection.
    """
    found = _port(api, namespace, service, port)
    address = Address(host=found.cluster_ip, port=found.number)
    _await_open(address, found)
    yield address


@contextmanager
def forwarded(api: Api, namespace: str, service: str, port: int) -> Iterator[Address]:
    """Yield an address of this machine that leads to a Service through the API server, as long as the body runs.

    Raises SeatrialError as `routed` does, and where the account may not forward ports of pods.
    """
    found = _port(api, namespace, service, port)
    first = found.ready()[:1]
    for endpoint in first:  # whoever may not do that hears of it here, and not as a connection that breaks
        with api.forward(endpoint.pod, namespace, endpoint.port):
            pass
    with _Forwarding(found) as address:
        yield address


def _port(api: Api, namespace: str, service: str, number: int) -> _Port:
    """Return a port of a Service with pods that are ready. Raises SeatrialError."""
    found = api.read(SERVICE, service, namespace)
    if found is None:
        there = ", ".join(sorted(one["metadata"]["name"] for one in api.list(SERVICE, namespace)))
        raise SeatrialError(f"there is no Service {namespace}/{service}",
                            f"Services of that namespace: {there or 'none'}")
    spec = found["spec"]
    ports = {one["port"]: one.get("name", "") for one in spec.get("ports") or ()
             if one.get("protocol", "TCP") == "TCP"}
    if number not in ports:
        raise SeatrialError(f"Service {namespace}/{service} has no TCP port {number}",
                            f"its TCP ports: {', '.join(map(str, sorted(ports))) or 'none'}")
    if spec.get("clusterIP") in (None, "", "None"):
        raise SeatrialError(f"Service {namespace}/{service} has no address of its own (clusterIP: "
                            f"{spec.get('clusterIP') or 'not set'})", "ask for one that is not headless")
    port = _Port(api=api, namespace=namespace, service=service, name=ports[number], number=number,
                 cluster_ip=spec["clusterIP"])
    if not port.ready():
        raise SeatrialError(f"nobody is ready behind {port}: {_pods(api, namespace, spec.get('selector') or {})}",
                            "wait until its pods are ready before you ask for its address")
    return port


def _pods(api: Api, namespace: str, selector: Object) -> str:
    """Return, for people, the pods that a Service selects."""
    labels = ",".join(f"{key}={value}" for key, value in selector.items())
    if not labels:
        return "it selects no pods"
    pods = [f"{pod['metadata']['name']} is {(pod.get('status') or {}).get('phase', 'new')}"
            for pod in api.list("v1/Pod", namespace, labels=labels)]
    return ", ".join(pods) or f"no pod has the labels {labels}"


def _await_open(address: Address, port: _Port) -> None:
    """Return when an address takes connections: kube-proxy learns of endpoints after others do."""
    def closed() -> str:
        try:
            with socket.create_connection((address.host, address.port), timeout=CONNECT_WITHIN_S):
                return ""
        except OSError as error:
            return str(error)

    try:
        eventually(closed, becomes="", within=patience().apply)
    except Unmet as unmet:
        raise SeatrialError(f"{port} takes no connection at {address}: {closed() or unmet.cause}",
                            "see whether kube-proxy runs, and whether a NetworkPolicy or a firewall stands between",
                            ) from unmet


class _Forwarding:
    """Takes connections on a port of this machine and passes each on to a pod behind a Service."""

    def __init__(self, port: _Port) -> None:
        self._port = port
        self._listening = socket.create_server((HERE, 0))
        self._lock = threading.Lock()
        self._taken = 0
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._ended = False

    def __enter__(self) -> Address:
        self._start(self._take)
        return Address(host=HERE, port=self._listening.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ended = True
            open_, threads = [*self._open], [*self._threads]
        for one in (self._listening, *open_):
            with suppress(OSError):  # it is gone already
                one.shutdown(socket.SHUT_RDWR)  # wakes who waits for it
        self._listening.close()
        for thread in threads:
            thread.join(CLOSE_WITHIN_S)
        if any(thread.is_alive() for thread in threads):
            raise SeatrialError(f"connections to {self._port} did not end within {CLOSE_WITHIN_S} s")

    def _start(self, what: Callable[[], None]) -> None:
        thread = threading.Thread(target=what, daemon=True, name=f"forwards {self._port}")
        self._threads = [one for one in self._threads if one.is_alive() or one.ident is None] + [thread]
        thread.start()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return  # closed
            with self._lock:
                if self._ended:
                    near.close()
                    return
                self._start(partial(self._pass_on, near, self._taken))
                self._taken += 1

    def _pass_on(self, near: socket.socket, number: int) -> None:
        # Whoever connected sees a connection that ends.
        with closing(near), suppress(SeatrialError, OSError), self._held(near):
            ready = self._port.ready()
            if not ready:
                return
            endpoint = ready[number % len(ready)]
            with self._port.api.forward(endpoint.pod, self._port.namespace, endpoint.port) as far, self._held(far):
                _pump(near, far)

    @contextmanager
    def _held(self, one: socket.socket) -> Iterator[None]:
        """Let a socket be shut when the address goes. Raises SeatrialError when it has gone."""
        with self._lock:
            if self._ended:
                raise SeatrialError(f"the address of {self._port} is gone")
            self._open.add(one)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(one)


def _pump(near: socket.socket, far: socket.socket) -> None:
    """Pass bytes on both ways until one side has no more: one that is done sending is done."""
    other = {near: far, far: near}
    while True:
        for one in select.select([near, far], [], [])[0]:
            data = one.recv(AT_ONCE)
            if not data:
                return
            other[one].sendall(data)
