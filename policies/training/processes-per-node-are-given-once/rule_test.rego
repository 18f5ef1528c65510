package policies.training["processes-per-node-are-given-once_test"]

import data.policies.training["processes-per-node-are-given-once"] as rule

_job(spec) := {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": spec}

test_both if count(rule.findings) == 1 with input as {"object": _job({"nprocPerNode": "8", "elasticPolicy": {"nProcPerNode": 8}})}

test_one if {
	count(rule.findings) == 0 with input as {"object": _job({"nprocPerNode": "8", "elasticPolicy": {}})}
	count(rule.findings) == 0 with input as {"object": _job({"nprocPerNode": null, "elasticPolicy": {"nProcPerNode": 8}})}
	count(rule.findings) == 0 with input as {"object": _job({"elasticPolicy": null})}
}
