"""Supervises the processes of a node, or those that play the GPUs of kind's nodes: starts them, again when they end.

Run by file, with the standard library only, so that it costs one small interpreter: `python -I supervisor.py SPEC`,
where SPEC is JSON: `folder` gets `log/` and `processes.json`; each of `processes` has a `name`, an `argv`, and may have
an `env`, a `cwd` and a URL that must answer `after` which it starts.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 10.0


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
    """Supervise what the file named on the command line says."""
    spec = json.loads(Path(sys.argv[1]).read_text())
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT})
    logs = Path(spec["folder"], "log")
    logs.mkdir(exist_ok=True)
    supervise([Process(p, logs) for p in spec["processes"]], Path(spec["folder"], "processes.json"))


if __name__ == "__main__":
    main()
