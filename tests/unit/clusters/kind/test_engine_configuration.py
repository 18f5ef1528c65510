"""The private engine is told to touch nothing of the machine's, and says what it cannot do without."""

import os
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from conformance.clusters.kind import engine, runtime
from conformance.clusters.kind.docker import Docker
from conformance.clusters.local import bridges, lifecycle
from conformance.clusters.local.spec import MOST_CLUSTERS, ClusterSpec
from conformance.clusters.machine import cgroups, network
from conformance.errors import SeatrialError, UsageError

POOL = IPv4Network("10.119.0.0/16")


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return tmp_path


def test_its_folders_and_socket_are_its_own(state):
    told = engine.configuration(POOL, wrapped=False)
    for option in ("data-root", "exec-root", "pidfile"):
        assert told[option].startswith(f"{state}/kind-engine/")
    assert told["hosts"] == [f"unix://{state}/kind-engine/docker.sock"]


def test_it_writes_no_rule_of_the_firewall_and_turns_no_switch_of_the_network():
    told = engine.configuration(POOL, wrapped=False)
    assert (told["iptables"], told["ip-forward"], told["ip-masq"]) == (False, False, False)
    assert told["userland-proxy"]  # so ports are relayed by a program
    assert told["bridge"] == engine.BRIDGE != "docker0"


@pytest.mark.parametrize("wrapped", [True, False])
def test_runc_is_wrapped_only_where_the_machine_lacks_the_capability(state, wrapped):
    told = engine.configuration(POOL, wrapped=wrapped)
    assert ("default-runtime" in told) == wrapped == ("runtimes" in told)
    if wrapped:
        path = told["runtimes"][told["default-runtime"]]["path"]
        assert path == f"{state}/kind-engine/bounded-runc"


def test_the_wrapper_outlives_this_installation(state):
    engine.folder().mkdir()
    engine._write_runtime(engine.folder())
    said = (engine.folder() / "bounded-runc").read_text()
    assert os.access(engine.folder() / "bounded-runc", os.X_OK)
    assert str(Path(runtime.__file__).parent) not in said
    assert (engine.folder() / "bounded-runc.py").read_text() == Path(runtime.__file__).read_text()


def test_its_addresses_meet_those_of_no_local_cluster():
    for number in range(MOST_CLUSTERS):
        spec = ClusterSpec(name="a", number=number)
        theirs = (spec.network, spec.pod_cidr, spec.fake_pod_cidr, spec.service_cidr)
        assert not any(IPv4Network(one).overlaps(pool) for one in theirs for pool in engine.POOLS)
    assert not bridges.OUR_LINK.fullmatch(engine.BRIDGE)


def test_the_first_addresses_that_nobody_uses_are_taken(monkeypatch):
    routes = [{"dst": "default"}, {"dst": "10.119.3.0/24"}, {"dst": "10.118.0.7"}]
    monkeypatch.setattr(network, "listed", lambda *_: routes)
    assert engine._free_pool() == IPv4Network("10.117.0.0/16")
    routes.append({"dst": "10.112.0.0/13"})
    with pytest.raises(SeatrialError, match=r"10\.112\.0\.0/16 to 10\.119\.0\.0/16 are all in use"):
        engine._free_pool()


def test_it_is_no_local_cluster(state, tmp_path, monkeypatch):
    root = tmp_path / "cgroup"
    (root / engine._cgroup() / "0a1b").mkdir(parents=True)
    monkeypatch.setattr(cgroups, "hierarchies", lambda: [root])
    (state / "clusters").mkdir()
    (engine.folder() / "data").mkdir(parents=True)
    assert lifecycle.known() == []


def test_a_machine_that_lacks_something_is_refused_with_what_mends_it(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SeatrialError) as refused:
        engine.up(print)
    for lack in ("root: an engine needs it", "the program dockerd", "the program docker-init", "the program runc"):
        assert lack in refused.value.message
    assert "apt-get install -y --no-install-recommends docker.io" in refused.value.way_out


def test_a_state_folder_whose_sockets_would_be_too_long_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "missing", list)
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path / ("x" * 60)))
    with pytest.raises(UsageError, match="is too long a path for sockets"):
        engine.up(print)


def test_what_is_down_has_nothing_to_take_down(state):
    assert engine.down(purge=True) is False
    assert engine.state()["state"] == "down"
    assert list(state.iterdir()) == []


def test_what_a_crash_left_is_called_dead(state):
    engine.folder().mkdir()
    (engine.folder() / "engine.json").write_text('{"pool": "10.119.0.0/16", "made": []}')
    assert engine.state()["state"] == "dead"


def test_the_engine_that_is_meant(monkeypatch):
    assert engine.chosen() == Docker()
    monkeypatch.setattr(engine, "is_up", lambda: True)
    assert engine.chosen() == Docker(engine.socket())
    monkeypatch.setenv("DOCKER_HOST", "unix:///theirs.sock")
    assert engine.chosen() == Docker()
    assert engine.chosen().environment["DOCKER_HOST"] == "unix:///theirs.sock"
