"""Building beside a run: what is there may be used at once, and what fails is told with its reason."""

import signal
import subprocess
import sys

import pytest

from conformance.builds import builder, store
from conformance.builds.catalogue import select
from conformance.builds.images import images
from conformance.errors import SeatrialError
from conformance.run.building import Building
from conformance.waiting import eventually


@pytest.fixture
def said():
    return []


@pytest.fixture
def building(tmp_path, said):
    found = Building(tmp_path / "build.log", said.append)
    yield found
    found.stop()


def test_nothing_is_started_when_everything_is_there(building, said, fake_go):
    builder.build(["pause"])
    building.start(["pause"])
    assert building.has(["pause"])
    assert said == []


def test_what_is_there_may_be_used_while_the_rest_is_built(building, said, fake_go, tmp_path):
    gate = tmp_path / "gate"
    fake_go(f'case "$OUT" in */pause) ;; *) while [ ! -e {gate} ]; do sleep 0.05; done;; esac; echo built > "$OUT"')
    building.start(["pause", "etcd"])
    eventually(lambda: building.has(["pause"]), becomes=True, within=60)
    assert not building.has(["pause", "etcd"])
    assert "building 2 of 2 programs from their sources, about a minute; a platform starts" in said[0]
    assert "built pause" in said[1]
    assert "1 of 2 left, about a minute: etcd" in said[1]
    assert [*images(["pause"])] == [select(["pause"])[0].reference], "a program that is there can be packed"
    gate.touch()
    eventually(lambda: building.has(["etcd"]), becomes=True, within=60)
    assert "everything is there" in said[-1]


def test_a_build_that_fails_is_told_with_its_reason_and_what_needs_it(building, fake_go, tmp_path):
    fake_go("echo 'x.go:1: no space left on device' >&2; exit 1")
    building.start(["etcd"])
    with pytest.raises(SeatrialError, match=r"etcd could not be built: .*the disk that holds .* is full"):
        eventually(lambda: building.has(["etcd"]), becomes=True, within=60)


def test_it_ends_with_the_run_and_what_was_built_is_kept(building, fake_go, tmp_path):
    fake_go('case "$OUT" in */pause) ;; *) sleep 600;; esac; echo built > "$OUT"')
    building.start(["pause", "etcd"])
    eventually(lambda: building.has(["pause"]), becomes=True, within=60)
    building.stop()
    assert [built is None for _, built in builder.state(["pause", "etcd"])] == [False, True]
    with store.lock(pytest.fail):
        pass  # nobody builds any more


def test_a_build_that_does_not_end_when_asked_is_ended(building, monkeypatch):
    monkeypatch.setattr("conformance.run.building.ENDS_WITHIN_S", 0.5)
    deaf = [sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"]
    with subprocess.Popen(deaf, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"\n"
        monkeypatch.setattr(building, "_process", process)
        building.stop()
        assert process.returncode == -signal.SIGKILL
