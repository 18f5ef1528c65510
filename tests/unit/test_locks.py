"""Who waits for a lock says for whom, and nobody waits for ever: also not for a holder that is stopped."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance import locks
from conformance.clusters.kind import lifecycle as kind
from conformance.clusters.kind.spec import root as kind_root
from conformance.clusters.local import lifecycle as local
from conformance.clusters.local.spec import state_root
from conformance.errors import SeatrialError
from conformance.waiting import eventually

HOLD = "import sys, time; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire(); print('held', flush=True); time.sleep(60)"


@contextmanager
def held_by_another(file, *, stopped=False):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        if stopped:
            process.send_signal(signal.SIGSTOP)
            eventually(lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0], becomes="T", within=10)
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(locks, "SAID_AFTER_S", 0.05)


def test_a_lock_that_is_free_is_taken_without_a_word(tmp_path):
    said = []
    with locks.held(tmp_path / "lock", what="it", within=1, waiting=said.append):
        pass
    assert said == []


@pytest.mark.usefixtures("at_once")
def test_who_holds_it_is_told_and_waited_for(tmp_path):
    said = []
    with held_by_another(tmp_path / "lock") as process:
        def told(text):
            said.append(text)
            process.kill()

        with locks.held(tmp_path / "lock", what="the clusters", within=20, waiting=told):
            pass
    assert said[0].startswith(f"waiting for the clusters: process {process.pid} ({sys.executable} -c import sys")
    assert said[0].endswith(f") holds {tmp_path}/lock")
    assert len(said) == 1


@pytest.mark.usefixtures("at_once")
def test_a_holder_that_is_stopped_is_told_with_what_lets_it_go_on(tmp_path):
    said = []
    with held_by_another(tmp_path / "lock", stopped=True) as process, \
            pytest.raises(SeatrialError, match="still holds .*/lock after 0.3 s") as raised, \
            locks.held(tmp_path / "lock", what="the clusters", within=0.3, waiting=said.append):
        pass
    assert f"which is stopped (kill -CONT {process.pid} lets it go on) holds" in said[0]
    assert f"the clusters: process {process.pid} (" in raised.value.message


@pytest.mark.usefixtures("at_once")
def test_it_is_free_again_whatever_happens_under_it(tmp_path):
    with pytest.raises(ZeroDivisionError), locks.held(tmp_path / "lock", what="it", within=1):
        _ = 1 // 0
    with locks.held(tmp_path / "lock", what="it", within=0):
        pass


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("lifecycle", "root"), [(local, state_root), (kind, kind_root)], ids=["local", "kind"])
def test_clusters_are_changed_by_one_at_a_time_and_that_is_told(lifecycle, root, tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    monkeypatch.setattr(lifecycle, "CHANGED_WITHIN_S", 0.3)
    root().mkdir(parents=True, exist_ok=True)
    said = []
    with held_by_another(root() / ".lock", stopped=True) as process, \
            pytest.raises(SeatrialError, match="clusters of this machine: process"), lifecycle.change_lock(said.append):
        pass
    assert f"process {process.pid} (" in said[0]
    assert os.getpid() != process.pid
