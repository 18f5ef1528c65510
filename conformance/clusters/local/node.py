"""The first process of a node's namespaces: sets the node up, keeps its processes going, reaps.

Run by file, with the standard library only, so that a node costs one small interpreter:
`unshare ... python -I node.py SPEC`, where SPEC is the JSON that `processes.py` writes.
When this process ends, the kernel ends everything in its pid namespace and unmounts the rest.
A SPEC without an address is no node of ours: only its processes are kept going.
"""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

# What the kubelet would set on the whole machine (a reboot after an oops, for one): it finds them set already.
KERNEL_SETTINGS = {"vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10, "kernel/panic_on_oops": 1,
                   "kernel/keys/root_maxkeys": 1000000, "kernel/keys/root_maxbytes": 25000000}
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 10.0


def run(*argv: str | Path) -> None:
    """Run a program to its end. Raises CalledProcessError."""
    subprocess.run(argv, check=True)


def join_cgroups(paths: list[str]) -> None:
    """Put this process, and all that it will start, into the node's cgroups."""
    for path in paths:
        Path(path, "cgroup.procs").write_text("0")


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


def shield_kernel_settings(folder: Path) -> None:
    """Put files of the node's own in place of the settings that all nodes and the host share."""
    for name, value in KERNEL_SETTINGS.items():
        shared, own = Path("/proc/sys", name), folder / "sysctl" / name
        if shared.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_text(f"{value}\n")
            run("mount", "--bind", own, shared)


def set_up_network(spec: dict[str, Any]) -> None:
    """Give the node its address, its routes and its name."""
    run("ip", "link", "set", "lo", "up")
    # The harness moves our end of the link in from the host.
    until(lambda: Path("/proc/self/net/dev").read_text().find("eth0:") >= 0)
    run("ip", "address", "add", f"{spec['address']}/24", "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    run("ip", "route", "add", "default", "via", spec["gateway"])
    for network, via in spec["routes"]:
        run("ip", "route", "add", network, "via", via)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    socket.sethostname(spec["name"])


def until(condition: Callable[[], bool], period_s: float = 0.02, within_s: float = 60) -> None:
    """Wait for a condition; here without the rest of the package. Raises TimeoutError."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(period_s)


def answers(url: str) -> bool:
    """Whether a health URL answers 200; its certificate is our own and not looked at."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # a default one would read all of the system's authorities
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as response:  # noqa: S310 -- ours
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


class Process:
    """One supervised program: started when `after` answers, started again when it ends."""

    def __init__(self, spec: dict[str, Any], logs: Path) -> None:
        self.name, self.argv, self.after = spec["name"], spec["argv"], spec.get("after")
        self.env = {**os.environ, **spec.get("env", {})}
        self.cwd = spec.get("cwd")
        self.log = logs / f"{self.name}.log"
        self.pid: int | None = None
        self.restarts = -1
        self.due = 0.0
        self.backoff_s = FIRST_BACKOFF_S
        self.last_end: int | None = None

    def start(self) -> None:
        """Start it, in a session of its own, with its output in its log."""
        with self.log.open("ab") as log:
            child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env,
                                     cwd=self.cwd, start_new_session=True)
        self.pid = child.pid
        child.returncode = 0  # we reap by ourselves
        self.restarts += 1

    def ended(self, status: int) -> None:
        """Note that it ended, and when it is due again."""
        self.pid, self.last_end = None, os.waitstatus_to_exitcode(status)
        self.due = time.monotonic() + self.backoff_s
        self.backoff_s = min(self.backoff_s * 2, LAST_BACKOFF_S)

    def record(self) -> dict[str, int | None]:
        """Return what `processes.json` says of it."""
        return {"pid": self.pid, "restarts": max(self.restarts, 0), "last_exit": self.last_end}


def supervise(processes: list[Process], record: Path) -> None:
    """Start what is due, reap what ended, until told to end."""
    ready: set[str] = set()
    wanted = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
    while True:
        changed = False
        silent: set[str] = set()
        for process in processes:
            if process.pid is not None or time.monotonic() < process.due:
                continue
            if process.after and process.after not in ready:
                if process.after in silent or not answers(process.after):
                    silent.add(process.after)
                    continue
                ready.add(process.after)
            process.start()
            changed = True
        waiting = any(p.pid is None for p in processes)
        if changed:
            part = record.with_suffix(".part")
            part.write_text(json.dumps({p.name: p.record() for p in processes}))
            part.replace(record)
        got = signal.sigtimedwait(wanted, 0.05 if waiting else 3600)
        if got and got.si_signo != signal.SIGCHLD:
            return
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if not pid:
                break
            for process in processes:
                if process.pid == pid:
                    process.ended(status)


def main() -> None:
    """Be a node."""
    spec = json.loads(Path(sys.argv[1]).read_text())
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT})
    if "address" in spec:
        join_cgroups(spec["cgroups"])
        mount_folders(spec)
        shield_kernel_settings(Path(spec["folder"]))
        set_up_network(spec)
    logs = Path(spec["folder"], "log")
    logs.mkdir(exist_ok=True)
    supervise([Process(p, logs) for p in spec["processes"]], Path(spec["folder"], "processes.json"))


if __name__ == "__main__":
    main()
