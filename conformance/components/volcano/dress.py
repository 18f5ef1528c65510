"""A neutral workload as Volcano takes it: a Volcano Job of one task."""

from typing import Any

from conformance.components.pods import pod_template
from conformance.components.scheduling import VOLCANO
from conformance.kube.api import Object
from conformance.model.promise import Team
from conformance.model.workload import Workload

TIERS = {"rack": 1, "zone": 2}
"""Tier of a level in a tree of HyperNodes whose leaves are racks."""


def dress(workload: Workload, team: Team, name: str) -> list[Object]:
    """Return the Job, and the PriorityClass when the workload has a priority."""
    enough = workload.pods if workload.min_pods is None else workload.min_pods
    spec: dict[str, Any] = {
        "schedulerName": VOLCANO, "queue": team.queue, "maxRetry": 3,
        # Work that is no gang starts with whatever fits.
        "minAvailable": enough if workload.gang else 1,
        "tasks": [{"name": "worker", "replicas": workload.pods, "template": pod_template(name, workload)}],
    }
    if workload.one_of:
        spec["networkTopology"] = {"mode": "hard", "highestTierAllowed": TIERS[workload.one_of]}
    if workload.restart_job_on_eviction:
        spec["policies"] = [{"event": "PodEvicted", "action": "RestartJob"}]
    made: list[Object] = []
    if workload.priority:
        priority = workload.priority_class or f"{name}-priority"
        # The job's orders the queue, the pods' orders the victims.
        spec["priorityClassName"] = priority
        spec["tasks"][0]["template"]["spec"]["priorityClassName"] = priority
        made.append({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                     "metadata": {"name": priority}, "value": workload.priority})
    made.append({"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job",
                 "metadata": {"name": name, "namespace": team.namespace}, "spec": spec})
    return made
