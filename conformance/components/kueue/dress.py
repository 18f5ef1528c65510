"""A neutral workload as Kueue takes it: a suspended batch Job with a queue's name."""

from conformance.components.pods import pod_template
from conformance.components.scheduling import QUEUE_LABEL
from conformance.kube.api import Object
from conformance.model.labels import level_label
from conformance.model.promise import Team
from conformance.model.workload import Workload

PRIORITY_LABEL = "kueue.x-k8s.io/priority-class"
REQUIRED_TOPOLOGY = "kueue.x-k8s.io/podset-required-topology"


def dress(workload: Workload, team: Team, name: str) -> list[Object]:
    """Return the Job, and the WorkloadPriorityClass when the workload has a priority."""
    template = pod_template(name, workload)
    if workload.one_of:
        template["metadata"].setdefault("annotations", {})[REQUIRED_TOPOLOGY] = level_label(workload.one_of)
    labels = {QUEUE_LABEL: team.queue} if team.queue else {}
    made: list[Object] = []
    if workload.priority:
        priority = workload.priority_class or f"{name}-priority"
        labels[PRIORITY_LABEL] = priority
        made.append({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "WorkloadPriorityClass",
                     "metadata": {"name": priority}, "value": workload.priority})
    made.append({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": team.namespace, "labels": labels},
        "spec": {"parallelism": workload.pods, "completions": workload.pods, "backoffLimit": 0,
                 "completionMode": "Indexed",
                 # Kueue lifts it on admission; without Kueue's webhook a job would start at once.
                 "suspend": bool(team.queue), "template": template},
    })
    return made
