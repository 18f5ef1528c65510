"""Real local clusters: skipped, with the reason, on a machine that cannot have them."""

import json
import subprocess
from pathlib import Path

import pytest

from conformance.clusters import local
from conformance.clusters.local import cgroups, lifecycle, network


def pytest_collection_modifyitems(items):
    lacks = local.missing()
    for item in items:
        if lacks and Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason=f"this machine lacks {lacks[0][0]}; {lacks[0][1]}"))


@pytest.fixture(scope="session")
def machine():
    """A function that returns what this machine shows of the clusters whose names begin so, and what all share."""
    return _machine


@pytest.fixture(scope="session")
def host_pid():
    """A function that returns the pid, as the host sees it, of a program of a cluster."""
    def find(cluster, program):
        return next(pid for pid, words in lifecycle._ours(cluster.name) if words[0].endswith(f"/{program}"))

    return find


def _machine(prefix):
    """What of a cluster whose name begins with `prefix` can be seen on this machine, and what all clusters share."""
    rules = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    routes = json.loads(subprocess.run(["ip", "-json", "route"], capture_output=True, text=True, check=True).stdout)
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return {
        "processes": [words for _, words in lifecycle._ours() if any(f"/{prefix}" in word for word in words)],
        "cgroups": [str(path) for path in cgroups.ours(f"seatrial-{prefix}*")],
        "folders": [str(path) for path in lifecycle.state_root().glob(f"{prefix}*")],
        "mounts": sorted(line for line in mounts if "cgroup" not in line),
        "links": sorted(network.links()),
        "routes": sorted(f"{route['dst']} {route.get('dev')}" for route in routes),
        "rules": [line for line in rules.splitlines() if not line.startswith(("#", ":"))],
        "namespaces": sorted(path.name for path in Path("/run/netns").glob("*")),
        "run": sorted(path.name for path in Path("/run").glob("*")),
        "var_lib": sorted(path.name for path in Path("/var/lib").glob("*") if path.name != "seatrial"),
    }
