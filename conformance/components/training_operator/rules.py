"""What the Training Operator refuses."""

from collections.abc import Callable

from conformance.components.rules import put
from conformance.components.training_operator.dress import dress
from conformance.model.promise import Team
from conformance.model.rule import Object, Rule, Rules
from conformance.model.workload import job

WEBHOOK = "webhook validator.pytorchjob.training-operator.kubeflow.org"


def _pytorch_job(team: Team, _: Callable[[str], str]) -> Object:
    made = dress(job(gpus=16, gpus_per_pod=8), team, "rules")[-1]
    made["spec"]["elasticPolicy"] = {"minReplicas": 1, "maxReplicas": 2}
    return made


def _replicas(pytorch_job: Object) -> Object:
    found: Object = pytorch_job["spec"]["pytorchReplicaSpecs"]
    return found


RULES = Rules(sound=_pytorch_job, rules=(
Rule("a PyTorchJob has two masters", lambda one: _replicas(one)["Master"].update(replicas=2),
     WEBHOOK, "spec.pytorchReplicaSpecs[Master].replicas: Forbidden: must be 1"),
Rule("no container is called pytorch",
     lambda one: _replicas(one)["Worker"]["template"]["spec"]["containers"][0].update(name="main"),
     WEBHOOK, "must have at least one container with name pytorch"),
Rule("an elastic PyTorchJob has no workers", lambda one: _replicas(one).pop("Worker"),
     WEBHOOK, "must be configured if elastic policy is used"),
Rule("processes per node are given twice",
     lambda one: (put("spec", "nprocPerNode", value="8")(one),
                  put("spec", "elasticPolicy", "nProcPerNode", value=8)(one)),
     WEBHOOK, "spec.elasticPolicy.nProcPerNode: Forbidden: must not be used with spec.nprocPerNode"),
Rule("a PyTorchJob has no worker where it says that it has some",
     lambda one: _replicas(one)["Worker"].update(replicas=0),
     WEBHOOK, "spec.pytorchReplicaSpecs[Worker].replicas: Forbidden: must be at least 1"),
Rule("a PyTorchJob has processes that are neither master nor worker",
     lambda one: _replicas(one).update(PS=_replicas(one)["Worker"]),
     WEBHOOK, 'spec.pytorchReplicaSpecs[PS]: Unsupported value: "PS"'),
Rule("a PyTorchJob's name cannot be a host's", put("metadata", "name", value="rules.of-names"),
     WEBHOOK, "a DNS-1035 label must consist of"),
))
