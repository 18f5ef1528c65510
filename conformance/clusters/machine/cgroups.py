"""A node's cgroups: one folder in every v1 hierarchy, or one folder of the v2 tree."""

import re
from pathlib import Path

from conformance.clusters.machine.ownership import name_mark
from conformance.errors import SeatrialError

ROOT = Path("/sys/fs/cgroup")
LEAF = "system"
"""The node's own processes go here, pods beside it: on v2 processes live in leaves only, and on v1 each thread
of theirs would otherwise weigh as much as all pods together."""
CPUS, SHARES_PER_CPU, MOST_SHARES, MOST_WEIGHT = 2, 1024, 262144, 10000
"""The node's own processes weigh (cpu.shares) as much as all pods of a node with so many CPUs; the most that a kernel
takes of cpu.shares and of cpu.weight, which v2 has in its place."""


def is_v2() -> bool:
    """Whether the machine has the unified hierarchy only."""
    return (ROOT / "cgroup.controllers").exists()


def hierarchies() -> list[Path]:
    """Return the root of every hierarchy that can hold our folders."""
    if is_v2():
        return [ROOT]
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    # Beside v1 hierarchies there may be one of v2 without controllers: runc makes folders in it too.
    return sorted({Path(fields[1]) for fields in mounts if fields[2] in {"cgroup", "cgroup2"}})


def is_crowded() -> bool:
    """Whether processes live where our folders would be made, in a group that is not the machine's own root.

    So it is in a container: the kernel lets the machine's root alone have both processes and groups with limits.
    """
    return is_v2() and (ROOT / "cgroup.type").exists() and bool((ROOT / "cgroup.procs").read_text().split())


def make(name: str, *, cpus: int | None = None) -> list[Path]:
    """Make a node's folders and return those that its first process joins. Raises SeatrialError.

    A node that claims more `cpus` than there are has pods of a weight to match, and servers that must not starve.
    """
    joined = []
    for root in hierarchies():
        folder = root / name
        try:
            folder.mkdir(exist_ok=True)
            if is_v2():
                controllers = (root / "cgroup.controllers").read_text().split()
                wanted = " ".join(f"+{c}" for c in controllers)
                (root / "cgroup.subtree_control").write_text(wanted)
                (folder / "cgroup.subtree_control").write_text(wanted)
            leaf = folder / LEAF
            leaf.mkdir(exist_ok=True)
            if not is_v2():
                for setting in ("cpuset.cpus", "cpuset.mems"):
                    # A v1 cpuset is born empty and takes no process until it is filled.
                    for part in (folder, leaf) if (root / setting).exists() else ():
                        (part / setting).write_text((root / setting).read_text())
                if (leaf / "cpu.shares").exists():
                    (leaf / "cpu.shares").write_text(str(min((cpus or CPUS) * SHARES_PER_CPU, MOST_SHARES)))
            elif cpus and (leaf / "cpu.weight").exists():
                (leaf / "cpu.weight").write_text(str(MOST_WEIGHT))
        except OSError as error:
            raise SeatrialError(f"cgroup {folder} cannot be made: {error.strerror}",
                                "run as root on a machine whose /sys/fs/cgroup is writable") from error
        joined.append(leaf)
    return joined


def ours(cluster: str = "") -> list[Path]:
    """Return our folders in every hierarchy: of one cluster's nodes, or of all nodes of all clusters."""
    # Not by a glob: those of cluster `a` would take in those of cluster `a-b`.
    name = re.compile(rf"{name_mark()}{re.escape(cluster) or '[-a-z0-9]+'}-\d+")
    return [folder for root in hierarchies() for folder in root.iterdir()
            if name.fullmatch(folder.name) and folder.is_dir()]


def processes(folder: Path) -> set[int]:
    """Return the pids in a folder and below."""
    pids: set[int] = set()
    for listing in folder.rglob("cgroup.procs"):
        try:
            pids |= {int(pid) for pid in listing.read_text().split()}
        except OSError:
            continue  # it went while we looked
    return pids - {0}  # one that this pid namespace does not see; as a target of kill, 0 is ourselves


def remove(folder: Path) -> None:
    """Remove an empty folder and those below it; one that is gone is fine. Raises OSError when in use."""
    for below in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        _rmdir(below)
    _rmdir(folder)


def _rmdir(folder: Path) -> None:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return
