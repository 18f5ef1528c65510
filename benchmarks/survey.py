"""How long a survey of a large cluster takes, beside kubectl reading the same nodes and pods.

    python benchmarks/survey.py [--nodes N] [--pods N] [--repeat N] [--check]

Brings a local cluster up with fake nodes, adds pods that run on them, and prints wall time and memory of `seatrial
survey`, of `kubectl get nodes,pods -A -o json`, and of our own client holding the same lists whole; and the ratios to
ours. With --check it ends with 1 when ours is above its target. Needs root.
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from conformance import builds
from conformance.clusters import local
from conformance.components.pods import pod_template
from conformance.kube.api import Api, Object
from conformance.model.labels import FAKE, GPU_RESOURCE, NODE_LABEL
from conformance.model.workload import Workload
from conformance.waiting import eventually

NAME = "bench-survey"
NODES = """\
description: a large fleet
groups:
  - {{count: {count}, gpu: H100-SXM-80GB, gpus_per_node: 8, cpu: 192, memory: 2Ti, zones: 1, racks: 1}}
"""
TARGET_S, TARGET_MB = 15, 400
WHOLE = "from conformance.kube.api import Api; api = Api.open(); held = [api.list('v1/Node'), api.list('v1/Pod')]"


@dataclass
class Took:
    """What one command took."""

    wall_s: float
    rss_mb: float


def took(command: list[str], env: dict[str, str], repeat: int) -> Took:
    """Return the median wall time and the largest memory of a command."""
    walls, sizes = [], []
    for _ in range(repeat):
        start = time.monotonic()
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        walls.append(time.monotonic() - start)
        sizes.append(usage.ru_maxrss / 1024)
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return Took(median(walls), max(sizes))


def cluster_of(count_of_nodes: int) -> local.LocalCluster:
    """Return a new cluster with so many fake nodes."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as profile:
        profile.write(NODES.format(count=count_of_nodes))
        profile.flush()
        return local.up(NAME, profile=profile.name)


def populated(count_of_nodes: int, count_of_pods: int) -> Path:
    """Return the kubeconfig of a new cluster of fake nodes and of pods that run on them and hold a GPU each."""
    cluster = cluster_of(count_of_nodes)
    try:
        populate(cluster.api, count_of_pods)
    except BaseException:
        cluster.close()
        raise
    return cluster.kubeconfig


def populate(api: Api, count_of_pods: int) -> None:
    """Add pods to the fake nodes, and wait until they run."""
    names = [node["metadata"]["name"] for node in api.list("v1/Node", labels=f"{NODE_LABEL}={FAKE}")]
    template = pod_template("bench", Workload(pods=count_of_pods, gpus_per_pod=1))

    def pod(number: int) -> Object:
        node = names[number % len(names)]
        return {"apiVersion": "v1", "kind": "Pod", "spec": {**template["spec"], "nodeName": node},
                "metadata": {**template["metadata"], "name": f"bench-{number:05}", "namespace": "bench"}}

    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench"}})
    eventually(lambda: api.read("v1/ServiceAccount", "default", "bench") is not None, becomes=True, within=60)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: api.create(pod(number)), range(count_of_pods)))
    eventually(lambda: len(api.list("v1/Pod", "bench", fields="status.phase!=Running")), becomes=0, within=600,
               because="fake pods that do not run yet")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=5_000, metavar="N", help="fake nodes (default: %(default)s)")
    parser.add_argument("--pods", type=int, default=20_000, metavar="N", help="pods on them (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="end with 1 when a target is missed")
    args = parser.parse_args()
    kubectl = str(builds.build(["kubectl"])["kubectl"].path)
    # Elsewhere: what a child is said to have held at most begins with what its parent holds.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        kubeconfig = apart.submit(populated, args.nodes, args.pods).result()
    try:
        env = os.environ | {"KUBECONFIG": str(kubeconfig)}
        ours = took([str(Path(sys.executable).parent / "seatrial"), "survey", "--output", "json"], env, args.repeat)
        peers = {"kubectl get -o json": took([kubectl, "get", "nodes,pods", "-A", "-o", "json"], env, args.repeat),
                 "the lists held whole": took([sys.executable, "-c", WHOLE], env, args.repeat)}
    finally:
        local.down(NAME)
    print(f"{args.nodes:,} nodes, {args.pods:,} pods with one {GPU_RESOURCE} each, median of {args.repeat}")
    print(f"{'seatrial survey':21} {ours.wall_s:6.2f} s  {ours.rss_mb:5.0f} MB   "
          f"targets {TARGET_S} s, {TARGET_MB} MB")
    for name, peer in peers.items():
        print(f"{name:21} {peer.wall_s:6.2f} s  {peer.rss_mb:5.0f} MB   "
              f"{ours.wall_s / peer.wall_s:.2f} of its time, {ours.rss_mb / peer.rss_mb:.2f} of its memory are ours")
    return 1 if args.check and (ours.wall_s > TARGET_S or ours.rss_mb > TARGET_MB) else 0


if __name__ == "__main__":
    sys.exit(main())
