"""Pods as every component's jobs hold them."""

from typing import Any

from conformance.model import names
from conformance.model.workload import Workload

IMAGE = "seatrial.local/busybox:1"


def pod_template(name: str, workload: Workload, *, container: str = "main", restart: str = "Never") -> dict[str, Any]:
    """Return the pod template of workload `name`: on fake nodes unless it asks for a real one."""
    spec: dict[str, Any] = {
        "restartPolicy": restart, "terminationGracePeriodSeconds": 0,
        "containers": [{
            "name": container, "image": workload.image or IMAGE, "imagePullPolicy": "IfNotPresent",
            "command": list(workload.command or ("sleep", "86400")),
            "resources": {"requests": {"cpu": "10m", names.GPU_RESOURCE: str(workload.gpus_per_pod)},
                          "limits": {names.GPU_RESOURCE: str(workload.gpus_per_pod)}},
        }],
    }
    if not workload.on_real_node:
        spec["tolerations"] = [{"key": names.FAKE_TAINT, "operator": "Exists"}]
        spec["nodeSelector"] = {names.NODE_LABEL: names.FAKE}
    if workload.leaves_lost_node_after_s is not None:
        spec.setdefault("tolerations", []).extend(
            {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute",
             "tolerationSeconds": workload.leaves_lost_node_after_s} for state in ("not-ready", "unreachable"))
    return {"metadata": {"labels": {names.WORKLOAD: name}}, "spec": spec}
