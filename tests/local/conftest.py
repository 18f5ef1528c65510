"""Real local clusters, apart from those of others."""

import pytest

from conformance.clusters.local import lifecycle
from conformance.waiting import eventually


@pytest.fixture(scope="session")
def host_pid():
    """A function that returns the pid, as the host sees it, of a program of a cluster."""
    def find(cluster, program):
        def found():
            # A process that came or went while they were looked at has no words.
            return [pid for pid, words in lifecycle._ours(cluster.name) if words and words[0].endswith(f"/{program}")]

        return eventually(found, becomes=bool, within=10)[0]

    return find
