"""A real node claims the size that it was told, and what production asks for runs there as it is written."""

import os
import signal
from functools import partial
from pathlib import Path

from conformance.kube.api import is_true
from conformance.model.quantity import parse
from conformance.waiting import eventually, patience

ASKED = {"cpu": "24", "memory": "200Gi", "nvidia.com/gpu": "4"}


def capacity(cluster):
    """CPUs and memory (in bytes) that the cluster's node offers."""
    (node,) = cluster.api.list("v1/Node")
    return node["status"]["capacity"]["cpu"], parse(node["status"]["capacity"]["memory"])


def test_the_kubelet_offers_it_and_the_machine_keeps_its_own(big):
    assert capacity(big) == ("192", parse("2Ti"))
    assert len(list(Path("/sys/devices/system/cpu").glob("cpu[0-9]*"))) < 192
    assert f"MemTotal:{2 << 30:>20} kB" not in Path("/proc/meminfo").read_text()


def test_a_report_says_that_it_is_claimed(big):
    assert big.describe()["node_size"] == "192,2Ti"


def test_a_pod_of_productions_size_runs_and_sees_the_machine_as_it_is(big, ran):
    eventually(lambda: big.api.list("v1/Node")[0]["status"]["allocatable"].get("nvidia.com/gpu"), becomes="8", within=60)
    told = ran("trains", "sh", "-c", "nproc; grep MemTotal /proc/meminfo", container={"resources": {"limits": ASKED}})
    cpus, memory = told.splitlines()
    machine = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    assert (int(cpus), memory.split()) == (len(os.sched_getaffinity(0)), machine.split())


def test_a_kubelet_that_starts_again_claims_the_same(big, host_pid):
    os.kill(host_pid(big, "kubelet"), signal.SIGKILL)
    eventually(lambda: big.processes("node-1")["kubelet"]["restarts"], becomes=1, within=patience().ready)
    eventually(partial(capacity, big), becomes=("192", parse("2Ti")), within=patience().ready)
    eventually(lambda: is_true(big.api.list("v1/Node")[0], "Ready"), becomes=True, within=patience().ready)
