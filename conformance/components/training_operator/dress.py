"""A neutral workload as the Training Operator takes it: a PyTorchJob of one master and workers."""

from typing import Any

from conformance.components.pods import pod_template
from conformance.components.scheduling import QUEUE_LABEL, VOLCANO
from conformance.kube.api import Object
from conformance.model.promise import Team
from conformance.model.workload import Workload


def dress(workload: Workload, team: Team, name: str) -> list[Object]:
    """Return a PyTorchJob whose pods are one master and `pods - 1` workers."""
    def _replicas(count: int) -> dict[str, Any]:
        template = pod_template(name, workload, container="pytorch")
        del template["spec"]["restartPolicy"]  # the replica's own decides
        # The operator itself starts a pod anew that was killed; what a program says of itself (1 to 127) is final.
        return {"replicas": count, "restartPolicy": "ExitCode", "template": template}

    replicas = {"Master": _replicas(1)}
    if workload.pods > 1:
        replicas["Worker"] = _replicas(workload.pods - 1)
    policy: dict[str, Any] = {"cleanPodPolicy": "None"}
    labels: dict[str, str] = {}
    if team.queue and team.component == VOLCANO:
        policy["schedulingPolicy"] = {"queue": team.queue}
    elif team.queue:
        labels[QUEUE_LABEL] = team.queue
    return [{
        "apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob",
        "metadata": {"name": name, "namespace": team.namespace, "labels": labels},
        "spec": {"runPolicy": policy, "pytorchReplicaSpecs": replicas},
    }]
