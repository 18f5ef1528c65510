"""Locks between processes: who waits for one says so, and for whom; nobody waits for ever."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from conformance.errors import SeatrialError

SAID_AFTER_S = 1


def on_stderr(text: str) -> None:
    """Tell a person who waits, where nobody else is told."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def held(file: Path, *, what: str, within: float, waiting: Callable[[str], None] = on_stderr) -> Iterator[None]:
    """Hold the lock of a file, of `what` for people, for example "the clusters of this machine".

    Who holds it is told to `waiting` after a second. Raises SeatrialError that names the holder when the lock is not
    free within so many seconds.
    """
    lock = FileLock(file)
    try:
        lock.acquire(timeout=SAID_AFTER_S)
    except Timeout:
        waiting(f"waiting for {what}: {_holder(file)} holds {file}")
        try:
            lock.acquire(timeout=within)
        except Timeout:
            raise SeatrialError(f"{what}: {_holder(file)} still holds {file} after {within:g} s",
                                "wait for its end, or end it, and try again") from None
    try:
        yield
    finally:
        lock.release()


def _holder(file: Path) -> str:
    """Return which process holds the lock of a file, in words: with its command, and whether it is stopped."""
    try:
        inode = str(file.stat().st_ino)
        lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    except OSError:
        return "another process"
    # "1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE 0 EOF"; those that wait have an arrow after the number (proc(5)).
    held_by = [int(words[4]) for words in lines if words[1] == "FLOCK" and words[5].rpartition(":")[2] == inode]
    found = [pid for pid in held_by if pid > 0 and pid != os.getpid()]
    return _words(found[0]) if found else "another process"


def _words(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return f"process {pid}"
    stopped = f", which is stopped (kill -CONT {pid} lets it go on)" if state in "Tt" else ""
    return f"process {pid} ({command[:100]}){stopped}"
