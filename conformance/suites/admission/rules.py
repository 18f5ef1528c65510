"""What each component's API refuses: a sound object, and one change for each rule that breaks that rule alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.kube.api import Object
from conformance.model.labels import GPU_RESOURCE
from conformance.model.workload import gang, job
from conformance.platform import Platform

KUEUE = "webhook vclusterqueue.kb.io"
TRAINING = "webhook validator.pytorchjob.training-operator.kubeflow.org"
VOLCANO = "webhook validatejob.volcano.sh"


@dataclass(frozen=True)
class Rule:
    """A change that makes a sound object unsound, who must refuse it and in which words."""

    sentence: str
    broken_by: Callable[[Object], object]
    by: str
    saying: str


@dataclass(frozen=True)
class Rules:
    """The rules of a component. The sound object is taken: so it is the change that is refused."""

    sound: Callable[[Platform], Object]
    rules: Sequence[Rule]


def _cluster_queue(platform: Platform) -> Object:
    gpu = {"name": GPU_RESOURCE, "nominalQuota": 8, "borrowingLimit": 8, "lendingLimit": 8}
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue",
        "metadata": {"name": platform.cluster_name("rules")},
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


def _pytorch_job(platform: Platform) -> Object:
    made = platform.component.dress(job(gpus=16, gpus_per_pod=8), platform.served_team, "rules")[-1]
    made["spec"]["elasticPolicy"] = {"minReplicas": 1, "maxReplicas": 2}
    return made


def _replicas(pytorch_job: Object) -> Object:
    found: Object = pytorch_job["spec"]["pytorchReplicaSpecs"]
    return found


def _volcano_job(platform: Platform) -> Object:
    return platform.component.dress(gang(pods=2, one_of="rack", restart_job_on_eviction=True),
                                    platform.served_team, "rules")[-1]


def _put(*path: str, value: object) -> Callable[[Object], None]:
    def change(obj: Object) -> None:
        for key in path[:-1]:
            obj = obj[key]
        obj[path[-1]] = value

    return change


RULES: Mapping[str, Rules] = {
    "kueue": Rules(_cluster_queue, (
        Rule("a queue in no cohort has a borrowingLimit", _only_limit("borrowingLimit"),
             "CEL", "borrowingLimit must be nil when cohort is empty"),
        Rule("a queue in no cohort has a lendingLimit", _only_limit("lendingLimit"),
             KUEUE, "must be nil when cohort is empty"),
        Rule("a queue lends more than it has", lambda queue: _resources(queue)[0].update(lendingLimit=9),
             KUEUE, "must be less than or equal to the nominalQuota"),
        Rule("resources stand in another order than coveredResources", lambda queue: _resources(queue).reverse(),
             KUEUE, "must match the name in coveredResources"),
        Rule("a flavor has fewer resources than are covered", lambda queue: _resources(queue).pop(),
             "CEL", "flavors must have the same number of resources as the coveredResources"),
        Rule("a queue takes nothing back and preempts while it borrows",
             _put("spec", "preemption", "reclaimWithinCohort", value="Never"),
             "CEL", "reclaimWithinCohort=Never and borrowWithinCohort.Policy!=Never"),
    )),
    "training-operator": Rules(_pytorch_job, (
        Rule("a PyTorchJob has two masters", lambda one: _replicas(one)["Master"].update(replicas=2),
             TRAINING, "spec.pytorchReplicaSpecs[Master].replicas: Forbidden: must be 1"),
        Rule("no container is called pytorch",
             lambda one: _replicas(one)["Worker"]["template"]["spec"]["containers"][0].update(name="main"),
             TRAINING, "must have at least one container with name pytorch"),
        Rule("an elastic PyTorchJob has no workers", lambda one: _replicas(one).pop("Worker"),
             TRAINING, "must be configured if elastic policy is used"),
        Rule("processes per node are given twice",
             lambda one: (_put("spec", "nprocPerNode", value="8")(one),
                          _put("spec", "elasticPolicy", "nProcPerNode", value=8)(one)),
             TRAINING, "spec.elasticPolicy.nProcPerNode: Forbidden: must not be used with spec.nprocPerNode"),
        Rule("a PyTorchJob has no worker where it says that it has some",
             lambda one: _replicas(one)["Worker"].update(replicas=0),
             TRAINING, "spec.pytorchReplicaSpecs[Worker].replicas: Forbidden: must be at least 1"),
        Rule("a PyTorchJob has processes that are neither master nor worker",
             lambda one: _replicas(one).update(PS=_replicas(one)["Worker"]),
             TRAINING, 'spec.pytorchReplicaSpecs[PS]: Unsupported value: "PS"'),
        Rule("a PyTorchJob's name cannot be a host's", _put("metadata", "name", value="rules.of-names"),
             TRAINING, "a DNS-1035 label must consist of"),
    )),
    "volcano": Rules(_volcano_job, (
        Rule("a Job needs more pods than it has", _put("spec", "minAvailable", value=3),
             VOLCANO, "'minAvailable' should not be greater than total replicas"),
        Rule("a Job names a queue that is not there", _put("spec", "queue", value="nowhere"),
             VOLCANO, "unable to find job queue"),
        Rule("a Job uses a plugin that is not there", _put("spec", "plugins", value={"nccl": []}),
             VOLCANO, "unable to find job plugin: nccl"),
        Rule("a Job goes to the root of the queues", _put("spec", "queue", value="root"),
             VOLCANO, "can not submit job to root queue"),
        Rule("a policy for every event has another one beside it",
             lambda one: one["spec"]["policies"].append({"event": "*", "action": "AbortJob"}),
             VOLCANO, "if there's * here, no other policy should be here"),
        Rule("a policy is about an event that only Volcano itself raises",
             lambda one: one["spec"]["policies"].append({"event": "OutOfSync", "action": "AbortJob"}),
             VOLCANO, "invalid policy event"),
        Rule("two policies are about one event",
             lambda one: one["spec"]["policies"].append({"event": "PodEvicted", "action": "AbortJob"}),
             VOLCANO, "duplicate event PodEvicted"),
        Rule("a Job names its highest tier twice",
             _put("spec", "networkTopology", "highestTierName", value="rack"),
             VOLCANO, "must not specify 'highestTierAllowed' and 'highestTierName'"),
    )),
}
"""By name of component."""
