"""How long until a cluster can be used, beside kwokctl with the same binaries.

    python benchmarks/startup.py [ROUNDS]

Ours: API server, one real node Ready, DNS, 16 fake nodes Ready; then down. The peer: `kwokctl create cluster
--runtime binary` and 16 fake nodes Ready; it starts no real node and no DNS. Both run with the programs of our
cache, one after the other in every round. Prints seconds for each and the ratio of the medians. Needs root.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from conformance import builds
from conformance.clusters import local

NAME, NODES = "bench-startup", 16
PEER_BINARIES = {"KUBE_APISERVER": "kube-apiserver", "KUBE_CONTROLLER_MANAGER": "kube-controller-manager",
                 "KUBE_SCHEDULER": "kube-scheduler", "KUBECTL": "kubectl", "ETCD": "etcd", "CONTROLLER": "kwok"}


def ours() -> tuple[float, float]:
    """Return seconds up and seconds down of a local cluster."""
    start = time.monotonic()
    cluster = local.up(NAME, profile="sixteen-h100")
    up = time.monotonic()
    cluster.close()
    return up - start, time.monotonic() - up


def peer(folder: str) -> tuple[float, float]:
    """Return seconds up and seconds down of a kwokctl cluster."""
    built = builds.build([*PEER_BINARIES.values(), "kwokctl"])
    env = os.environ | {f"KWOK_{name}_BINARY": str(built[program].path) for name, program in PEER_BINARIES.items()}
    env |= {"KWOK_WORKDIR": folder, "KWOK_KUBE_VERSION": built["kube-apiserver"].version}

    def kwokctl(*arguments: str) -> None:
        subprocess.run([built["kwokctl"].path, "--name", NAME, *arguments], env=env, check=True, capture_output=True)

    start = time.monotonic()
    kwokctl("create", "cluster", "--runtime", "binary", "--wait", "120s")
    kwokctl("scale", "node", "--replicas", str(NODES))
    kwokctl("kubectl", "wait", "--for=condition=Ready", "node", "--all", "--timeout=120s")
    up = time.monotonic()
    kwokctl("delete", "cluster")
    return up - start, time.monotonic() - up


def main(rounds: int) -> None:
    """Run `rounds` rounds and print the table."""
    builds.build()  # outside the time: both start from a warm cache
    with tempfile.TemporaryDirectory() as folder:
        contenders: dict[str, Callable[[], tuple[float, float]]] = {"seatrial": ours, "kwokctl": lambda: peer(folder)}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
        for _ in range(rounds):
            for name, run in contenders.items():
                times[name].append(run())
    ups = {name: [up for up, _ in found] for name, found in times.items()}
    downs = {name: [down for _, down in found] for name, found in times.items()}
    for what, found in (("up", ups), ("down", downs)):
        for name, seconds in found.items():
            print(f"{what:5} {name:9} median {statistics.median(seconds):6.2f} s  "
                  f"min {min(seconds):6.2f}  max {max(seconds):6.2f}  n={rounds}")
        ratio = statistics.median(found["seatrial"]) / statistics.median(found["kwokctl"])
        print(f"{what:5} ratio     {ratio:6.2f}  (seatrial / kwokctl)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
