"""Real local clusters, apart from those of others."""

import os
from functools import partial

import pytest

from conformance.clusters import local
from conformance.clusters.local import lifecycle
from conformance.model.node_size import NodeSize
from conformance.waiting import eventually, patience

IMAGE = "seatrial.local/busybox:1"


@pytest.fixture(scope="session")
def big():
    """A cluster of one node that claims to be as large as a machine with GPUs."""
    there = local.up(f"big-{os.getpid()}", node_size=NodeSize(cpu=192, memory="2Ti"), owned=True)
    eventually(lambda: there.api.read("v1/ServiceAccount", "default", "default") is not None, becomes=True, within=30)
    yield there
    there.close()


@pytest.fixture(scope="session")
def ran(big):
    """A function that runs a pod of one container to its end and returns what it printed."""
    def run(name, *command, container=None, **spec):
        main = {"name": "main", "image": IMAGE, "command": list(command), **(container or {})}
        big.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
                        "spec": {"restartPolicy": "Never", **spec, "containers": [main]}})
        eventually(lambda: big.api.read("v1/Pod", name, "default")["status"].get("phase"), becomes="Succeeded",
                   within=patience().ready, because=f"pod {name} succeeds",
                   story=partial(big.api.pod_troubles, "default"))
        return big.api.logs(name, "default")

    return run


@pytest.fixture(scope="session")
def host_pid():
    """A function that returns the pid, as the host sees it, of a program of a cluster."""
    def find(cluster, program):
        def found():
            # A process that came or went while they were looked at has no words.
            return [pid for pid, words in lifecycle._ours(cluster.name) if words and words[0].endswith(f"/{program}")]

        return eventually(found, becomes=bool, within=10)[0]

    return find
