package policies.training["pytorchjob-roles-are-master-and-worker_test"]

import data.policies.training["pytorchjob-roles-are-master-and-worker"] as rule

_job(roles) := {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": roles}}

test_small_letters if count(rule.findings) == 2 with input as {"object": _job({"master": {}, "worker": {}})}

test_others if count(rule.findings) == 1 with input as {"object": _job({"PS": {}, "Worker": {}})}

test_known if count(rule.findings) == 0 with input as {"object": _job({"Master": {}, "Worker": {}})}

test_null if count(rule.findings) == 0 with input as {"object": _job(null)}
