"""Real local clusters, apart from those of others."""

import pytest

from conformance.clusters.local import lifecycle


@pytest.fixture(scope="session")
def host_pid():
    """A function that returns the pid, as the host sees it, of a program of a cluster."""
    def find(cluster, program):
        return next(pid for pid, words in lifecycle._ours(cluster.name) if words[0].endswith(f"/{program}"))

    return find
