"""Where clusters of ours are recorded, how they may be called, and which process each of them goes with."""

import os
import re
import zlib
from pathlib import Path

from conformance.errors import UsageError

STATE_VARIABLE, DEFAULT_STATE = "SEATRIAL_STATE", "/var/lib/seatrial"
CHANGED_WITHIN_S = 300
"""How long others may hold the lock of all clusters: to remove one takes up to 90 s, and there may be several."""

Owner = tuple[int, int]
"""(pid, time of birth) of the process that a cluster goes with."""


def state_folder() -> Path:
    """Return the folder that holds all of our state on this machine."""
    return Path(os.environ.get(STATE_VARIABLE) or DEFAULT_STATE)


def name_mark() -> str:
    """Return how names begin that the machine knows of us: what another state folder made is not ours to remove."""
    root = str(state_folder())
    return "seatrial-" if root == DEFAULT_STATE else f"seatrial{zlib.crc32(root.encode()):08x}-"


def check_name(name: str) -> None:
    """Raise UsageError for a name that no cluster can have."""
    if not re.fullmatch(r"[a-z]([-a-z0-9]{0,28}[a-z0-9])?", name):
        raise UsageError(f"cluster name {name!r} is not usable",
                         "use up to 30 lower-case letters, digits and dashes, starting with a letter")


def ourselves() -> Owner:
    """Return this process as an owner."""
    return os.getpid(), born(os.getpid()) or 0


def is_gone(owner: Owner | None) -> bool:
    """Whether a cluster has an owner that no longer lives."""
    return owner is not None and born(owner[0]) != owner[1]


def born(pid: int) -> int | None:
    """Return when a process was born, in clock ticks since the machine was; None when none of that pid lives."""
    try:
        # The name in brackets may hold anything; the fields after it are counted from the third, the state.
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[18]) if state not in {"Z", "X"} else None  # dead, though nobody has asked how it ended


def commands() -> list[tuple[int, list[str]]]:
    """Return (pid, words of its command line) of every process on this machine."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue  # it ended while we looked
            found.append((int(entry.name), words))
    return found
