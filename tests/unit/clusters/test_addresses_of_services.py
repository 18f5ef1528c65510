"""Addresses of Services without a cluster: pods are servers of this process, and the API server is pretended."""

import socket
import threading
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.clusters import services
from conformance.errors import SeatrialError
from conformance.model.address import Address
from conformance.waiting import eventually

SERVICE: Any = {"metadata": {"name": "model"}, "spec": {
    "clusterIP": "127.0.0.1", "selector": {"app": "model"},
    "ports": [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]}}


class Pretend:
    """Of an API server what addresses take: pods answer with their name and go on reading."""

    def __init__(self):
        self.ready, self.refuses, self.forwarded = ["a", "b"], "", []
        self.service = SERVICE

    def read(self, kind, name, namespace):
        return self.service if (name, namespace) == ("model", "serving") else None

    def list(self, kind, namespace, labels=""):
        if kind == services.SERVICE:
            return [self.service]
        if kind == "v1/Pod":
            return [{"metadata": {"name": "a"}, "status": {"phase": "Pending"}}]
        said = [{"targetRef": {"kind": "Pod", "name": name}, "conditions": {"ready": name in self.ready}}
                for name in ("a", "b", "c")]
        return [{"ports": [{"name": "metrics", "port": 9}, {"name": "http", "port": 8000}], "endpoints": said},
                {"ports": [{"name": "metrics", "port": 9}], "endpoints": said}]

    @contextmanager
    def forward(self, pod, namespace, port):
        if self.refuses:
            raise SeatrialError(self.refuses)
        near, far = socket.socketpair()
        self.forwarded.append((pod, namespace, port))
        far.sendall(pod.encode())
        with near, far:
            yield near


def said_at(address):
    with socket.create_connection((address.host, address.port), timeout=5) as there:
        return there.recv(100).decode()


@pytest.fixture
def api():
    return Pretend()


def test_new_connections_go_to_the_pods_in_turn_and_only_to_those_that_are_ready_then(api):
    with services.forwarded(api, "serving", "model", 80) as address:
        assert [said_at(address) for _ in range(4)] == ["a", "b", "a", "b"]
        api.ready = ["c"]
        assert [said_at(address) for _ in range(2)] == ["c", "c"]
        api.ready = []
        assert said_at(address) == ""
        api.ready = ["a"]
        assert said_at(address) == "a"
    assert set(api.forwarded) == {(name, "serving", 8000) for name in "abc"}


def test_when_the_address_goes_its_connections_and_its_threads_go_too(api):
    before = set(threading.enumerate())
    with services.forwarded(api, "serving", "model", 80) as address:
        open_ = socket.create_connection((address.host, address.port), timeout=5)
        assert open_.recv(100) == b"a"
    with open_:
        assert open_.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        said_at(address)
    assert set(threading.enumerate()) <= before


def test_one_pod_that_cannot_be_reached_ends_a_connection_and_not_the_address(api):
    with services.forwarded(api, "serving", "model", 80) as address:
        api.refuses = "no way leads there"
        assert said_at(address) == ""
        api.refuses = ""
        assert said_at(address) in ("a", "b")


def test_whoever_may_not_forward_hears_of_it_on_entering(api):
    api.refuses = "trial may not create pods/portforward"
    with pytest.raises(SeatrialError, match="may not create pods/portforward"), \
            services.forwarded(api, "serving", "model", 80):
        pass


@pytest.mark.parametrize(("change", "port", "message", "way_out"), [
    ({"ready": []}, 80, "nobody is ready behind port 80 of Service serving/model: a is Pending", "wait until its pods"),
    ({}, 81, "Service serving/model has no TCP port 81", "its TCP ports: 80"),
    ({}, 53, "Service serving/model has no TCP port 53", "its TCP ports: 80"),
    ({"service": {**SERVICE, "spec": {**SERVICE["spec"], "clusterIP": "None"}}}, 80,
     "Service serving/model has no address of its own (clusterIP: None)", "ask for one that is not headless"),
    ({"service": {"metadata": {"name": "model"}, "spec": {"type": "ExternalName", "externalName": "elsewhere"}}}, 80,
     "Service serving/model has no TCP port 80", "its TCP ports: none"),
])
@pytest.mark.parametrize("way", [services.routed, services.forwarded])
def test_what_is_in_the_way_of_an_address_is_said_alike_on_all_clusters(api, way, change, port, message, way_out):
    for name, value in change.items():
        setattr(api, name, value)
    with pytest.raises(SeatrialError) as refused, way(api, "serving", "model", port):
        pass
    assert refused.value.message == message
    assert refused.value.way_out.startswith(way_out)


def test_a_service_that_is_not_there_is_told_with_those_that_are(api):
    with pytest.raises(SeatrialError) as refused, services.routed(api, "serving", "modle", 80):
        pass
    assert (refused.value.message, refused.value.way_out) == (
        "there is no Service serving/modle", "Services of that namespace: model")


@pytest.fixture
def port_of_its_own(api):
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        api.service = {**SERVICE, "spec": {**SERVICE["spec"], "ports": [{"name": "http", "port": port}]}}
        yield there, port


def test_where_there_is_a_route_the_address_is_the_services_own(api, port_of_its_own):
    _, port = port_of_its_own
    with services.routed(api, "serving", "model", port) as address:
        assert address == Address(host="127.0.0.1", port=port)
        assert address.url == f"http://127.0.0.1:{port}"
    assert api.forwarded == []


def test_an_address_that_takes_no_connection_is_told_from_a_pod_that_is_not_ready(api, port_of_its_own, monkeypatch):
    there, port = port_of_its_own
    there.close()
    monkeypatch.setenv("SEATRIAL_PATIENCE", "0.02")
    with pytest.raises(SeatrialError, match=f"port {port} of Service serving/model takes no connection at 127.0.0.1:") as no, \
            services.routed(api, "serving", "model", port):
        pass
    assert "kube-proxy" in no.value.way_out


def test_a_connection_that_is_over_leaves_no_thread(api):
    with services.forwarded(api, "serving", "model", 80) as address:
        for _ in range(20):
            said_at(address)
        eventually(lambda: len([one for one in threading.enumerate() if one.name.startswith("forwards port 80")]),
                   becomes=1, within=5, because="threads of an address whose connections are over")
