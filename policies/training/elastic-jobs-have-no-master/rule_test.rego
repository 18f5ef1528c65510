package policies.training["elastic-jobs-have-no-master_test"]

import data.policies.training["elastic-jobs-have-no-master"] as rule

_job(spec) := {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": spec}

test_both if count(rule.findings) == 1 with input as {"object": _job({"elasticPolicy": {}, "pytorchReplicaSpecs": {"Master": {"replicas": 1}, "Worker": {}}})}

test_workers_alone if count(rule.findings) == 0 with input as {"object": _job({"elasticPolicy": {}, "pytorchReplicaSpecs": {"Worker": {}, "Master": null}})}

test_not_elastic if count(rule.findings) == 0 with input as {"object": _job({"elasticPolicy": null, "pytorchReplicaSpecs": {"Master": {"replicas": 1}}})}
