"""What a node's kubelet reads of its machine: files that say another size than the machine's.

A kubelet takes its capacity from /proc/meminfo and /sys/devices/system (cadvisor v0.53, machine and utils/sysinfo). A
node that claims a size has files of its own in their places; its pods have a /proc and a /sys of their own and see what
is there.
"""

import re
from pathlib import Path

from conformance.model.node_size import NodeSize

MEMINFO, DEVICES = Path("/proc/meminfo"), Path("/sys/devices/system")


def write(folder: Path, size: NodeSize) -> list[tuple[str, str]]:
    """Write the files of a size into a folder and return (what is there, what it is to be bound over) for each."""
    meminfo, devices = folder / "meminfo", folder / "devices"
    folder.mkdir(parents=True, exist_ok=True)
    claims = dict.fromkeys(("MemTotal", "MemFree", "MemAvailable"), size.memory_kib)
    meminfo.write_text(_meminfo(MEMINFO.read_text(), claims))
    # Where no NUMA node is said CPUs are counted whether they are online or not, and only those that are online are
    # ever written to a cgroup: the kernel takes no number of a CPU that is not there.
    _put(devices / "cpu" / "online", (DEVICES / "cpu" / "online").read_text())
    for cpu in range(size.cpu):
        for name, number in (("core_id", cpu), ("physical_package_id", 0)):
            _put(devices / "cpu" / f"cpu{cpu}" / "topology" / name, f"{number}\n")
    return [(str(meminfo), str(MEMINFO)), (str(devices), str(DEVICES))]


def _meminfo(text: str, claims: dict[str, int]) -> str:
    return re.sub(r"^(\w+):\s+\d+ kB$",
                  lambda line: f"{line[1] + ':':15} {claims[line[1]]:>8} kB" if line[1] in claims else line[0],
                  text, flags=re.MULTILINE)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
