"""How fast fake nodes become Ready, beside the same number in one group of a tenth.

    python benchmarks/fake_nodes.py [NODES]

Brings a local cluster up, adds NODES/10 fake nodes, then the rest, and prints nodes per second for both and their
ratio: at 1.0 the time grows as the number of nodes does. Needs root.
"""

import sys
import time
from dataclasses import replace

from conformance.clusters import fake_nodes, local, nodes
from conformance.kube.api import Api, is_true
from conformance.waiting import eventually

NAME = "bench-nodes"


def ready(api: Api) -> int:
    """Return how many nodes are Ready."""
    return sum(is_true(node, "Ready") for node in api.list("v1/Node"))


def add(api: Api, count: int, prefix: str) -> float:
    """Add fake nodes and return the seconds until all are Ready."""
    profile = fake_nodes.load_profile("five-hundred-twelve")
    grown = replace(profile, groups=(replace(profile.groups[0], count=count),))
    before = ready(api)
    start = time.monotonic()
    nodes.add(api, fake_nodes.nodes(grown, prefix=prefix))
    eventually(lambda: ready(api), becomes=before + count, within=300, because=f"{count} fake nodes are Ready")
    return time.monotonic() - start


def main(count: int) -> None:
    """Measure and print."""
    cluster = local.up(NAME, profile="four-h100")
    try:
        tenth = add(cluster.api, count // 10, "few")
        rest = add(cluster.api, count - count // 10, "many")
    finally:
        cluster.close()
    few, many = count // 10 / tenth, (count - count // 10) / rest
    print(f"{count // 10:6} nodes  {tenth:6.1f} s  {few:6.1f} nodes/s")
    print(f"{count - count // 10:6} nodes  {rest:6.1f} s  {many:6.1f} nodes/s")
    print(f"ratio {many / few:.2f}  (nodes/s of the many / of the few)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
