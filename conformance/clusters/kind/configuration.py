"""What kind is told: its configuration file, as plain data.

The control plane and the kubelets are set up as those of a local cluster are, as far as kubeadm lets them.
"""

import json
from collections.abc import Sequence
from typing import Any

from conformance.clusters import kwok, nodes
from conformance.clusters.kind.spec import KindNode, KindSpec

POD_SUBNET = "10.244.0.0/16"
FAKE_PODS = "10.245.0.0/16"
"""Addresses that KWOK hands to pods of fake nodes: nothing answers there."""
PLUGINS_FOLDER = "/var/lib/kubelet/device-plugins"
AUDIT_FOLDER, AUDIT_LOG = "/etc/kubernetes/seatrial", "/var/log/kubernetes/audit.log"
KUBEADM = "kubeadm.k8s.io/v1beta3"
"""What kind writes for Kubernetes before 1.36. A later node image keeps kubeadm's own settings."""
AUDIT_POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "omitManagedFields": True,
    # Who changed what, and nothing that nodes say of themselves all the time.
    "rules": [{"level": "None", "verbs": ["get", "list", "watch"]},
              {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]},
                                              {"group": "", "resources": ["events", "nodes/status"]},
                                              {"group": "events.k8s.io", "resources": ["events"]}]},
              {"level": "Metadata"}]}


def configuration(spec: KindSpec, *, cgroup_v1: bool, bounded: bool,
                  patches: Sequence[dict[str, Any]] = (), fake_nodes: int = 0) -> dict[str, Any]:
    """Return kind's configuration of a cluster.

    `bounded`: the machine may not give CAP_SYS_RESOURCE, so containers cannot have what needs it. `patches` are
    laid over kubeadm's configuration after ours. `fake_nodes` is how many will be added.
    """
    found: dict[str, Any] = {
        "kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "name": spec.name,
        "networking": {"podSubnet": POD_SUBNET},
        "nodes": [_node(spec, node) for node in spec.nodes],
        "kubeadmConfigPatches": [json.dumps(patch) for patch in (
            _kubelet(cgroup_v1), _control_plane(fake_nodes), *patches)],
    }
    if bounded:
        found["containerdConfigPatches"] = [
            '[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n']
    return found


def _node(spec: KindSpec, node: KindNode) -> dict[str, Any]:
    has_control_plane = node.number == 1
    mounts: list[dict[str, Any]] = [{"hostPath": str(node.device_plugins), "containerPath": PLUGINS_FOLDER}]
    if has_control_plane:
        mounts.append({"hostPath": str(spec.folder / "audit"), "containerPath": AUDIT_FOLDER, "readOnly": True})
    found: dict[str, Any] = {
        "role": "control-plane" if has_control_plane else "worker", "image": spec.node_image,
        "labels": nodes.real_labels(spec.gpus_per_node), "extraMounts": mounts,
    }
    if has_control_plane and spec.real_nodes > 1:  # kind itself takes the taint off a node that is alone
        found["kubeadmConfigPatches"] = [json.dumps({"kind": "InitConfiguration", "nodeRegistration": {"taints": []}})]
    return found


def _kubelet(cgroup_v1: bool) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "kind": "KubeletConfiguration", "serializeImagePulls": False,
        # A GPU that breaks is seen when the kubelet next looks; what has not changed is still told seldom.
        "nodeStatusUpdateFrequency": "1s", "nodeStatusReportFrequency": "10s",
        "nodeLeaseDurationSeconds": 20, "syncFrequency": "10s",
    }
    if cgroup_v1:
        settings["failCgroupV1"] = False  # from 1.35 the kubelet refuses v1 unless told
    return settings


def _control_plane(fake_nodes: int) -> dict[str, Any]:
    return {
        "kind": "ClusterConfiguration", "apiVersion": KUBEADM,
        "apiServer": {
            "extraArgs": {"max-requests-inflight": "800", "max-mutating-requests-inflight": "400",
                          "audit-policy-file": f"{AUDIT_FOLDER}/policy.json", "audit-log-path": AUDIT_LOG,
                          "audit-log-maxsize": "64", "audit-log-maxbackup": "2"},
            "extraVolumes": [
                {"name": "audit-policy", "hostPath": AUDIT_FOLDER, "mountPath": AUDIT_FOLDER, "readOnly": True,
                 "pathType": "Directory"},
                {"name": "audit-log", "hostPath": AUDIT_LOG.rpartition("/")[0],
                 "mountPath": AUDIT_LOG.rpartition("/")[0], "pathType": "DirectoryOrCreate"}]},
        "controllerManager": {"extraArgs": {
            "leader-elect": "false", "horizontal-pod-autoscaler-sync-period": "5s",
            "kube-api-qps": "200", "kube-api-burst": "400", "concurrent-job-syncs": "20",
            # A lost node is noticed soon, and its pods are the platform's to handle.
            "node-monitor-grace-period": f"{kwok.grace_s(fake_nodes)}s", "node-monitor-period": "2s"}},
        "scheduler": {"extraArgs": {"leader-elect": "false", "kube-api-qps": "200", "kube-api-burst": "400"}},
        # A trial's cluster does not outlive the machine's power.
        "etcd": {"local": {"extraArgs": {"unsafe-no-fsync": "true"}}},
    }
