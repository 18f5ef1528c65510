"""Seatrial is killed at any moment: nothing of it stays."""

import os
import signal
import subprocess
import sys

import pytest

from conformance.clusters import local

NAME = "test-killed"
"""Moments: the line of progress after which `seatrial up` is killed; None: before the first."""
MOMENTS = [None, "starting 1 node", "waiting for the API server", "loading images", "waiting for nodes", "is up"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_kill_9_down_leaves_nothing(moment, machine):
    before = machine(NAME)
    process = subprocess.Popen([sys.executable, "-m", "conformance.cli", "up", "--name", NAME,
                                "--fake-nodes", "four-h100"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr if moment else ():
        if moment in line:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    local.down(NAME)
    assert machine(NAME) == before


def test_up_works_over_what_a_killed_one_left(machine):
    before = machine(NAME)
    process = subprocess.Popen([sys.executable, "-m", "conformance.cli", "up", "--name", NAME],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "waiting for the API server" in line:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    # What is left still runs: one that is half up is not the cluster that was asked for.
    local.down(NAME)
    cluster = local.up(NAME)
    assert cluster.api.text("/readyz") == "ok"
    cluster.close()
    assert machine(NAME) == before


def test_ctrl_c_takes_the_cluster_down(machine):
    before = machine(NAME)
    process = subprocess.Popen([sys.executable, "-m", "conformance.cli", "up", "--name", NAME],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "waiting for the API server" in line:
            break
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    assert (process.wait(), "Traceback" in said) == (130, False), said
    process.stderr.close()
    assert machine(NAME) == before
