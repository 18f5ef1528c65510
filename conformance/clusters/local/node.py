"""The first process of a node's namespaces: sets the node up, then becomes the supervisor of its processes.

Run by file, with the standard library only, so that a node costs one small interpreter:
`unshare ... python -I node.py SPEC SUPERVISOR`, where SPEC is the JSON that `processes.py` writes and SUPERVISOR
the file of `conformance.clusters.machine.supervisor`. When this process ends, the kernel ends everything in its pid
namespace and unmounts the rest.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

OOM_SCORE = -999
"""oom_score_adj of a node's servers: what containerd.service and the kubelet set. containerd, told not to go below its
own, can then give Guaranteed and critical pods their -997 (Kubernetes 1.35, pkg/kubelet/qos/policy.go)."""


def run(*argv: str | Path) -> None:
    """Run a program to its end. Raises CalledProcessError."""
    subprocess.run(argv, check=True)


def join_cgroups(paths: list[str]) -> None:
    """Put this process, and all that it will start, into the node's cgroups."""
    for path in paths:
        Path(path, "cgroup.procs").write_text("0")


def be_killed_last() -> None:
    """Make the node's servers the last to be killed for memory, where the machine allows it."""
    try:
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))
    except PermissionError:
        return  # without CAP_SYS_RESOURCE servers and pods stay at 0 or above


def mount_folders(spec: dict[str, Any]) -> None:
    """Hide the host's /run, /var/lib and /var/log behind the node's own; nothing of ours touches the host's."""
    folder, state = Path(spec["folder"]), Path(spec["state"])
    own = folder / "var-lib"
    inside = own / state.relative_to("/var/lib") if state.is_relative_to("/var/lib") else None
    run("mount", "--make-rshared", "/")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    own.mkdir(exist_ok=True)
    if inside:
        inside.mkdir(parents=True, exist_ok=True)
        run("mount", "--bind", state, inside)
    for source, target in ((own, "/var/lib"), (folder / "var-log", "/var/log")):
        source.mkdir(exist_ok=True)
        run("mount", "--rbind", source, target)
        run("mount", "--make-rshared", target)


def shield_kernel_settings(folder: Path, settings: dict[str, int]) -> None:
    """Put files of the node's own in place of the settings that all nodes and the host share."""
    for name, value in settings.items():
        shared, own = Path("/proc/sys", name), folder / "sysctl" / name
        if shared.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_text(f"{value}\n")
            run("mount", "--bind", own, shared)


def claim_size(covers: list[list[str]]) -> None:
    """Put files of the node's own in place of those by which a kubelet measures its machine."""
    for own, machine in covers:
        run("mount", "--bind", own, machine)


def set_up_network(spec: dict[str, Any]) -> None:
    """Give the node its address, its routes and its name."""
    run("ip", "link", "set", "lo", "up")
    # The harness moves our end of the link in from the host.
    until(lambda: Path("/proc/self/net/dev").read_text().find("eth0:") >= 0, "the link eth0 from the host")
    run("ip", "address", "add", f"{spec['address']}/24", "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    run("ip", "route", "add", "default", "via", spec["gateway"])
    for network, via in spec["routes"]:
        run("ip", "route", "add", network, "via", via)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    socket.sethostname(spec["name"])


def until(condition: Callable[[], bool], what: str, period_s: float = 0.02, within_s: float = 60) -> None:
    """Wait for a condition; here without the rest of the package. Raises TimeoutError that says what did not come."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {within_s:g} s")
        time.sleep(period_s)


def main() -> None:
    """Set the node up, then go on as the supervisor, still as the first process."""
    told, supervisor = sys.argv[1:]
    spec = json.loads(Path(told).read_text())
    join_cgroups(spec["cgroups"])
    be_killed_last()
    mount_folders(spec)
    shield_kernel_settings(Path(spec["folder"]), spec["kernel_settings"])
    claim_size(spec["covers"])
    set_up_network(spec)
    os.execv(sys.executable, [sys.executable, "-I", supervisor, told])  # noqa: S606 -- it is to be this process


if __name__ == "__main__":
    main()
