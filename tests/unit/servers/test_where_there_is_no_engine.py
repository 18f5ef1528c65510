"""A machine without the extra, and one without an engine."""

import importlib.util
import os
import sys

import pytest

from conformance import servers
from conformance.errors import SeatrialError
from conformance.servers import reaper

SERVER = servers.OwnServer(program="opa", arguments=(), files={}, answers=lambda at: False)


@pytest.fixture
def without_extra(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec",
                        lambda name, *more: None if name == "testcontainers" else found(name, *more))


@pytest.mark.usefixtures("without_extra")
def test_without_the_extra_a_server_is_a_process():
    assert servers.fitting() == servers.PROCESS
    with pytest.raises(SeatrialError, match="needs testcontainers") as refused, \
            servers.started(SERVER, servers.CONTAINER):
        pass
    assert refused.value.way_out == "pip install 'seatrial[containers]', or let the server run as a process"


@pytest.mark.parametrize(("there", "said"), [
    ("unix:///nowhere/docker.sock", "): No such file or directory"), ("unix:///dev/null", "): Connection refused"),
    ("tcp://127.0.0.1:1", ")")])
def test_without_an_engine_a_server_is_a_process(there, said, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", there)
    assert servers.fitting() == servers.PROCESS
    with pytest.raises(SeatrialError) as refused, servers.started(SERVER, servers.CONTAINER):
        pass
    assert refused.value.message == f"no container engine answers ({there}{said}"
    assert "point DOCKER_HOST at one" in refused.value.way_out


def test_an_engine_that_may_not_be_used(monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setenv("DOCKER_HOST", "unix:///some.sock")
    with pytest.raises(SeatrialError, match=r"the container engine \(unix:///some.sock\) may not be used") as refused, \
            servers.started(SERVER, servers.CONTAINER):
        pass
    assert refused.value.way_out == "run as root, or add yourself to the group docker"
    assert servers.fitting() == servers.PROCESS


def test_a_process_is_known_by_when_it_began_and_a_dead_one_is_dead():
    me = reaper.owner(os.getpid())
    assert not reaper.is_dead(me)
    boot, space, pid, began = me.split(".")
    assert reaper.is_dead(f"{boot}.{space}.{pid}.{int(began) - 1}")  # another one had this number before
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], os.environ)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    name = f"{boot}.{space}.{child}.{reaper.owner(os.getpid()).split('.')[3]}"
    assert reaper.is_dead(name)  # nobody has taken note of its end yet
    os.waitpid(child, 0)
    assert reaper.is_dead(name)


@pytest.mark.parametrize("name", ["", "x", "a.b.1.2", "....", "other-boot.4026531836.1.2"])
def test_of_other_machines_nothing_is_known(name):
    assert not reaper.is_dead(name)
