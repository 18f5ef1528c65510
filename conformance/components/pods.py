"""Pods as every component's jobs hold them."""

from typing import Any

from conformance.model.labels import FAKE, FAKE_TAINT, GPU_RESOURCE, HOSTNAME_LABEL, NODE_LABEL, WORKLOAD
from conformance.model.promise import Team
from conformance.model.workload import Placement, Workload

IMAGE = "seatrial.local/busybox:1"


def pod_template(name: str, workload: Workload, *, container: str = "main", restart: str = "Never") -> dict[str, Any]:
    """Return the pod template of workload `name`: on fake nodes unless it asks for a real one."""
    spec: dict[str, Any] = {
        "restartPolicy": restart, "terminationGracePeriodSeconds": 0,
        "containers": [{
            "name": container, "image": workload.image or IMAGE, "imagePullPolicy": "IfNotPresent",
            "command": list(workload.command or ("sleep", "86400")),
            "resources": {"requests": {"cpu": "10m", GPU_RESOURCE: str(workload.gpus_per_pod)},
                          "limits": {GPU_RESOURCE: str(workload.gpus_per_pod)}},
        }],
    }
    if workload.placement:
        _place(spec, workload.placement)
    elif not workload.on_real_node:
        spec["tolerations"] = [{"key": FAKE_TAINT, "operator": "Exists"}]
        spec["nodeSelector"] = {NODE_LABEL: FAKE}
    if workload.node:
        spec.setdefault("nodeSelector", {})[HOSTNAME_LABEL] = workload.node
    if workload.leaves_lost_node_after_s is not None:
        spec.setdefault("tolerations", []).extend(
            {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute",
             "tolerationSeconds": workload.leaves_lost_node_after_s} for state in ("not-ready", "unreachable"))
    return {"metadata": {"labels": {WORKLOAD: name}}, "spec": spec}


def plain_pods(workload: Workload, team: Team, name: str) -> list[dict[str, Any]]:
    """Return plain pods: nothing stands between them and the devices."""
    template = pod_template(name, workload)
    return [{"apiVersion": "v1", "kind": "Pod", "spec": template["spec"],
             "metadata": {**template["metadata"], "name": f"{name}-{index}", "namespace": team.namespace}}
            for index in range(workload.pods)]


def _place(spec: dict[str, Any], where: Placement) -> None:
    """Put pods where the owner of a cluster wants them, and let them be what he wants."""
    # Nodes with GPUs keep others away by the name of the resource.
    spec["tolerations"] = [{"key": key, "operator": "Exists"} for key in (FAKE_TAINT, GPU_RESOURCE)]
    if where.node_selector:
        spec["nodeSelector"] = dict(where.node_selector)
    if where.priority_class:
        spec["priorityClassName"] = where.priority_class
    if where.ends_after_s is not None:
        spec["activeDeadlineSeconds"] = where.ends_after_s
    for container in spec["containers"]:
        container["image"] = where.image or container["image"]
