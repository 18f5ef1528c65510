"""The real command, in this process and in a child of bounded memory."""

import io
import os
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass

import pytest

from conformance import cli

LIMIT_MB, LIMIT_CPU_S = 2048, 300
"""What eats memory or hangs is ended by the kernel."""
QUEUE = """\
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata:
  name: research
spec:
  namespaceSelector: {}
  resourceGroups:
    - coveredResources: [nvidia.com/gpu]
      flavors:
        - name: h100
          resources:
            - name: nvidia.com/gpu
              nominalQuota: 64
              borrowingLimit: 32
"""
"""One error: kueue/borrowing-limit-needs-a-cohort."""
DEBUG = """\
apiVersion: v1
kind: Pod
metadata:
  name: train
  namespace: team-a
spec:
  restartPolicy: Never
  priorityClassName: training
  containers:
    - name: main
      image: registry.example.com/train:2.4.1
      env:
        - name: NCCL_DEBUG
          value: INFO  # while we look
      resources:
        requests: {cpu: 8, memory: 64Gi}
        limits: {nvidia.com/gpu: 1, memory: 64Gi}
"""
"""One info that can be mended: networking/nccl-logs-warnings-only."""

# Of the program alone: what rusage says begins with the memory of the process that started it.
TELLS_ITS_PEAK = """
import atexit, sys
peak = sys.argv.pop(1)
atexit.register(lambda: open(peak, "w").write(next(row for row in open("/proc/self/status") if row.startswith("VmHWM"))))
from conformance.cli import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str
    peak_mb: float = 0


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("KUBECONFIG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def audit(capsys, monkeypatch):
    """Return a function that runs `seatrial audit` in this process."""
    def run(*words, stdin=None):
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code: int | str | None
        try:
            code = cli.main(["audit", *map(str, words)])
        except SystemExit as ended:  # argparse
            code = ended.code
        return Told(code, *capsys.readouterr())

    return run


@pytest.fixture
def child(tmp_path):
    """Return a function that runs `seatrial audit` in a process of its own and measures its memory."""
    def bounded():
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MB << 20, LIMIT_MB << 20))
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_CPU_S, LIMIT_CPU_S))

    def run(*words, stdin=b"", env=None, stdout=None):
        out, err = tmp_path / ".out", tmp_path / ".err"
        with out.open("wb") as to, err.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-c", TELLS_ITS_PEAK, tmp_path / ".peak", "audit", *map(str, words)], cwd=tmp_path,
                stdin=subprocess.PIPE, stdout=stdout or to, stderr=errors,
                env=os.environ | (env or {}), preexec_fn=bounded)  # noqa: PLW1509 -- no thread runs
            with suppress(BrokenPipeError):  # it need not read all of it
                process.stdin.write(stdin)
            with suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()
        said = err.read_text(errors="replace")
        assert "Traceback" not in said, said
        peak_kb = int((tmp_path / ".peak").read_text().split()[1])
        return Told(process.returncode, out.read_text(errors="replace"), said, peak_kb / 1024)

    return run


@pytest.fixture
def queue():
    return QUEUE


@pytest.fixture
def debug():
    return DEBUG


@pytest.fixture
def good():
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes, namespace: team-a}\ndata: {a: b}\n"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file of the working folder."""
    def write(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write
