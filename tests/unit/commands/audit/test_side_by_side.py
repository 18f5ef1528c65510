"""Files judged in several processes: the same words, and no process stays."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.waiting import eventually

LOCAL = "apiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQueue\nmetadata: {{name: {name}}}\nspec:\n  clusterQueue: {queue}\n"


@pytest.fixture
def many(write, queue, debug):
    """Write files of which some are broken, some have findings, and some are judged only beside others."""
    for number in range(100):
        write(f"m/{number:03}.yaml", queue.replace("research", f"q{number}") if number % 3 else debug)
    for number in range(0, 100, 7):
        write(f"m/{number:03}-local.yaml", LOCAL.format(name=f"l{number}", queue=f"q{number + 50}"))
        write(f"m/{number:03}-broken.yaml", "a: [\n---\n" + queue)
    write("m/099-waived.yaml", debug.replace("train\n", "waived\n", 1).replace("metadata:\n", "metadata:\n  annotations:\n    waiver.seatrial.dev/networking."
                                             "nccl-logs-warnings-only: '{reason: a, owner: b, until: 2099-01-01}'\n"))
    write("n/flavor.yaml", "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ResourceFlavor\nmetadata: {name: h100}\n"
                           "spec:\n  nodeLabels: {gpu: h100}\n")


def test_the_answer_is_the_same_to_the_letter(child, many, queue):
    words = ["m", "-", "n", "nowhere.yaml", "--output", "json"]
    alone = child(*words, stdin=queue.replace("research", "piped").encode())
    together = child(*words, "--jobs", "2", stdin=queue.replace("research", "piped").encode())
    assert (together.code, together.err) == (2, "")
    assert together.out == alone.out
    assert json.loads(alone.out)["counts"]["waived"] == 1
    for said in ("kueue/local-queues-lead-to-a-cluster-queue", "<stdin>", "not YAML", "flavor-matches"):
        assert said in alone.out


def workers(group):
    """Return the processes of a group that have begun to judge, without the first."""
    return [one for one in running(group) if int(one) != group
            and "regorus" in Path(f"/proc/{one}/maps").read_text(errors="replace")]


def running(group):
    return [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and _group(entry) == group]


def _group(entry):
    try:
        state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return 0
    return 0 if state == "Z" else int(group)


def _blocks(process, what):
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return int(status["SigBlk"], 16) >> (what - 1) & 1 == 1


SLOW = """\
# METADATA
# title: A policy that takes its time
# custom:
#   class: advice
#   severity: info
#   kinds: [Pod]
#   remedy: wait
#   sources: [none]
package policies.slow["counts"]

findings contains {"path": [], "message": "is odd"} if count([x | some x in numbers.range(1, 20000); x < 0]) > 0
"""


@pytest.fixture
def long(write, debug):
    """Write what takes minutes to judge, and return the command."""
    write("mine/slow/counts/rule.rego", SLOW)
    for number in range(300):
        write(f"m/{number}.yaml", "---\n".join([debug] * 50))
    return [sys.executable, "-m", "conformance.cli", "audit", "m", "--jobs", "2", "--policies", "mine"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_no_worker_outlives_the_audit(long, tmp_path, how):
    process = subprocess.Popen(long, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0)
    eventually(lambda: len(workers(process.pid)), becomes=2, within=60)
    assert all(_blocks(worker, signal.SIGINT) for worker in workers(process.pid))
    if how is signal.SIGINT:
        os.killpg(process.pid, how)  # as a terminal does
    else:
        process.send_signal(how)
    said = process.communicate(timeout=60)[1].decode()
    eventually(lambda: running(process.pid), becomes=[], within=60)
    assert process.returncode == (-how if how is signal.SIGKILL else 130)
    # After SIGKILL nobody is left of us to speak; what tracks Python's semaphores may.
    assert said == "seatrial: interrupted\n" or how is signal.SIGKILL


def test_a_worker_that_dies_is_told(long, tmp_path):
    process = subprocess.Popen(long, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0)

    eventually(lambda: len(workers(process.pid)), becomes=2, within=60)
    os.kill(int(workers(process.pid)[-1]), signal.SIGKILL)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 3
    assert said.startswith("seatrial: a process that judged files has died\n  way out: it may have lacked memory")


def test_a_worker_that_dies_before_it_has_read_a_word_is_told(write, tmp_path, debug):
    write("m/1.yaml", debug)
    process = subprocess.Popen([sys.executable, "-m", "conformance.cli", "audit", "m", "--jobs", "2"], cwd=tmp_path,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0)
    while not (begun := newborn(process.pid)):
        assert process.poll() is None
    os.kill(int(begun[0]), signal.SIGKILL)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 3
    assert said.startswith("seatrial: a process that judged files has died\n")


def newborn(group):
    """Return the processes of a group that are to judge, before they can have begun."""
    return [one for one in running(group) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
