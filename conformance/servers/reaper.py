"""Waits until a process has ended, and removes the containers that it left.

Run as a file by the process that starts containers; it loads what speaks to an engine only when it has to.
"""

import os
import select
import sys
from pathlib import Path


def owner(pid: int) -> str:
    """Return a name for a process that no other one has had since its machine started, nor will have."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    return f"{boot}.{space}.{pid}.{_began(pid)}"


def is_dead(name: str) -> bool:
    """Whether the process of that name has ended; of another machine's processes nothing is known, so they live."""
    boot, space, pid, began = (name.split(".") + [""] * 4)[:4]
    if not pid.isdigit() or owner(os.getpid()).split(".")[:2] != [boot, space]:
        return False
    return _began(int(pid)) != began


def _began(pid: int) -> str:
    """Return when a process began, in the kernel's own count; empty when it has ended."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, *fields = said.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]


def _wait_for_the_end_of(pid: int) -> None:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = select.poll()
    ended.register(process, select.POLLIN)
    ended.poll()


if __name__ == "__main__":
    _wait_for_the_end_of(int(sys.argv[1]))
    from conformance.servers import container

    container.sweep_up(sys.argv[2])
