"""What Kueue refuses, and what it keeps from one version of its API to the other."""

from collections.abc import Callable

from conformance.components.kueue.manifests import GROUP
from conformance.components.rules import put
from conformance.model.labels import GPU_RESOURCE
from conformance.model.promise import Team
from conformance.model.rule import Fixed, Object, Renamed, Rule, Rules

WEBHOOK = "webhook vclusterqueue.kb.io"


def _cluster_queue(_: Team, cluster_name: Callable[[str], str]) -> Object:
    gpu = {"name": GPU_RESOURCE, "nominalQuota": 8, "borrowingLimit": 8, "lendingLimit": 8}
    return {
        "apiVersion": f"{GROUP}/v1beta2", "kind": "ClusterQueue",
        "metadata": {"name": cluster_name("rules")},
        "spec": {"cohortName": "rules",
                 "preemption": {"reclaimWithinCohort": "Any", "borrowWithinCohort": {"policy": "LowerPriority"}},
                 "resourceGroups": [{"coveredResources": [GPU_RESOURCE, "cpu"], "flavors": [
                     {"name": "rules", "resources": [gpu, {"name": "cpu", "nominalQuota": 8}]}]}]}}


def _resources(queue: Object) -> list[Object]:
    found: list[Object] = queue["spec"]["resourceGroups"][0]["flavors"][0]["resources"]
    return found


def _only_limit(limit: str) -> Callable[[Object], None]:
    def change(queue: Object) -> None:
        del queue["spec"]["cohortName"]
        del _resources(queue)[0]["lendingLimit" if limit == "borrowingLimit" else "borrowingLimit"]

    return change


def _local_queue(name: str, team: Team) -> Object:
    return {"apiVersion": f"{GROUP}/v1beta2", "kind": "LocalQueue", "spec": {"clusterQueue": "a"},
            "metadata": {"name": name, "namespace": team.namespace}}


RULES = Rules(
    sound=_cluster_queue, cluster_objects=("ClusterQueue/rules",),
    fixed=Fixed(made=_local_queue, change={"spec": {"clusterQueue": "b"}}, by="CEL", saying="field is immutable"),
    renamed=Renamed(group=GROUP, kind="ClusterQueue", fields={"v1beta1": "cohort", "v1beta2": "cohortName"}),
    rules=(
    Rule("a queue in no cohort has a borrowingLimit", _only_limit("borrowingLimit"),
         "CEL", "borrowingLimit must be nil when cohort is empty"),
    Rule("a queue in no cohort has a lendingLimit", _only_limit("lendingLimit"),
         WEBHOOK, "must be nil when cohort is empty"),
    Rule("a queue lends more than it has", lambda queue: _resources(queue)[0].update(lendingLimit=9),
         WEBHOOK, "must be less than or equal to the nominalQuota"),
    Rule("resources stand in another order than coveredResources", lambda queue: _resources(queue).reverse(),
         WEBHOOK, "must match the name in coveredResources"),
    Rule("a flavor has fewer resources than are covered", lambda queue: _resources(queue).pop(),
         "CEL", "flavors must have the same number of resources as the coveredResources"),
    Rule("a queue takes nothing back and preempts while it borrows",
         put("spec", "preemption", "reclaimWithinCohort", value="Never"),
         "CEL", "reclaimWithinCohort=Never and borrowWithinCohort.Policy!=Never"),
    ))
