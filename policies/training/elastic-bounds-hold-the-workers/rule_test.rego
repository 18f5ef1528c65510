package policies.training["elastic-bounds-hold-the-workers_test"]

import data.policies.training["elastic-bounds-hold-the-workers"] as rule

_found(policy, worker) := count(found) if found := rule.findings with input as {"object": {
	"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob",
	"spec": {"elasticPolicy": policy, "pytorchReplicaSpecs": {"Worker": worker}},
}}

test_within if {
	_found({"minReplicas": 2, "maxReplicas": 4}, {"replicas": 2}) == 0
	_found({"minReplicas": 2, "maxReplicas": 4}, {"replicas": 4}) == 0
	_found({"minReplicas": 1, "maxReplicas": 1}, {}) == 0
	_found({}, {"replicas": 4}) == 0
	_found({"minReplicas": null}, {"replicas": 4}) == 0
}

test_outside if {
	_found({"minReplicas": 3, "maxReplicas": 4}, {"replicas": 2}) == 1
	_found({"minReplicas": 1, "maxReplicas": 2}, {"replicas": 4}) == 1
}

test_one_bound_counts_for_both if {
	_found({"maxReplicas": 4}, {"replicas": 2}) == 1
	_found({"minReplicas": 1}, {"replicas": 2}) == 1
}

test_an_autoscaler_moves_them if _found({"minReplicas": 3, "maxReplicas": 4, "metrics": [{"type": "Resource"}]}, {"replicas": 2}) == 0

test_open if _found({"minReplicas": "${MIN}"}, {"replicas": 2}) == 0
