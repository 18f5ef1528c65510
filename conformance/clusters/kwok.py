"""How KWOK is started: its arguments and its configuration.

Two ways to fail a fake node. The annotation `NODE_FAILS` is a kubelet that says it is not ready: seen
at once, deleted pods go. `UNPLUGGED_LEASE` is a machine that is dead: seen after the controller manager's
grace period, and, as in life, deleted pods hang until the node comes back or its object is deleted.
"""

import math
from importlib import resources
from pathlib import Path
from typing import Any

from conformance.model.labels import FAKE, KWOK_ANNOTATION

LEASE_S, RENEWED = 40, 4
"""A node renews its lease RENEWED times in LEASE_S seconds."""
MOST_RENEWALS_PER_S = 128
"""Of all fake nodes together: two cores have enough left for everything else. The 500 a second of 5,000 nodes at
LEASE_S took both, came late, and nodes were lost and found again."""
PARALLELISM = 16
UNPLUGGED_LEASE: dict[str, Any] = {
    "spec": {"holderIdentity": "seatrial-unplugged", "leaseDurationSeconds": 86400}}
"""Merge patch for a fake node's Lease (namespace kube-node-lease): KWOK leaves alone what another holds.
Deleting the Lease plugs the node in again: KWOK makes a new one within a quarter of the lease time."""


def lease_s(fake_nodes: int) -> int:
    """Return how many seconds the lease of each of so many nodes is good for: LEASE_S, and longer for many."""
    return max(LEASE_S, math.ceil(fake_nodes * RENEWED / MOST_RENEWALS_PER_S))


def grace_s(fake_nodes: int) -> int:
    """Return after how many seconds without a renewal the controller manager is to take a node for lost."""
    return lease_s(fake_nodes) * 2 // RENEWED


def kwok_arguments(*, kubeconfig: Path | None, config: Path, node_ip: str, cidr: str, port: int,
                   tls_cert: Path | None = None, tls_key: Path | None = None, listen: str | None = None,
                   fake_nodes: int = 0) -> list[str]:
    """Return the arguments of the `kwok` program, without the program itself.

    `config` holds `kwok_config()`; without a `kubeconfig` the cluster is that of the pod that KWOK runs in.
    `node_ip` is the address of every fake node, `cidr` holds the addresses of fake pods. On `port` (of `listen`,
    default `node_ip`) KWOK answers as their kubelet and serves `/healthz` and `/readyz`: plain HTTP, and HTTPS too
    when there is a certificate. `fake_nodes` says how many it is to play.
    """
    arguments = [
        *([f"--kubeconfig={kubeconfig}"] if kubeconfig else []),
        f"--config={config}",
        f"--manage-nodes-with-annotation-selector={KWOK_ANNOTATION}={FAKE}",
        f"--node-ip={node_ip}",
        f"--node-port={port}",
        f"--server-address={listen or node_ip}:{port}",
        f"--cidr={cidr}",
        f"--node-lease-duration-seconds={lease_s(fake_nodes)}",
    ]
    if tls_cert and tls_key:
        arguments += [f"--tls-cert-file={tls_cert}", f"--tls-private-key-file={tls_key}"]
    return arguments


def kwok_config(*, parallelism: int = PARALLELISM) -> str:
    """Return KWOK's configuration file: our stages, and `parallelism` workers for each kind of work."""
    stages = resources.files(__package__).joinpath("stages.yaml").read_text(encoding="utf-8")
    # KWOK fills in defaults only when there is no such document: what one leaves out becomes zero.
    return f"""\
apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
metadata:
  name: seatrial
options:
  cidr: 10.0.0.0/24
  manageAllNodes: false
  enableDebuggingHandlers: true
  enableContentionProfiling: false
  enableProfilingHandler: false
  podPlayStageParallelism: {parallelism}
  nodePlayStageParallelism: {parallelism}
  nodeLeaseParallelism: {parallelism}
  podsOnNodeSyncParallelism: {parallelism}
  enablePodsOnNodeSyncListPager: false
  enablePodsOnNodeSyncStreamWatch: false
---
{stages}"""
