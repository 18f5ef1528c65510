package policies.training["elastic-jobs-have-workers_test"]

import data.policies.training["elastic-jobs-have-workers"] as rule

_job(spec) := {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": spec}

test_master_alone if count(rule.findings) == 1 with input as {"object": _job({"elasticPolicy": {}, "pytorchReplicaSpecs": {"Master": {"replicas": 1}}})}

test_workers if count(rule.findings) == 0 with input as {"object": _job({"elasticPolicy": {}, "pytorchReplicaSpecs": {"Worker": {}}})}

test_null if count(rule.findings) == 0 with input as {"object": _job({"elasticPolicy": null, "pytorchReplicaSpecs": {"Master": {"replicas": 1}}})}
