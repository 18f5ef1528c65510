package policies.kueue["jobs-name-a-queue-that-exists_test"]

import data.policies.kueue["jobs-name-a-queue-that-exists"] as rule

_job(namespace, labels, gpus) := {
	"apiVersion": "batch/v1", "kind": "Job",
	"metadata": {"name": "train", "namespace": namespace, "labels": labels},
	"spec": {"parallelism": 2, "template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": gpus}}}]}}},
}

_local(namespace, name) := {
	"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue",
	"metadata": {"name": name, "namespace": namespace},
	"spec": {"clusterQueue": "batch"},
}

_label(name) := {"kueue.x-k8s.io/queue-name": name}

test_it_does_not_exist if count(rule.findings) == 1 with input as {"objects": [_job("ml", _label("gpu"), 8), _local("ml", "jobs")]}

test_it_is_in_another_namespace if {
	count(rule.findings) == 1 with input as {"objects": [_job("ml", _label("gpu"), 8), _local("ml", "jobs"), _local("web", "gpu")]}
}

test_it_exists if count(rule.findings) == 0 with input as {"objects": [_job("ml", _label("jobs"), 8), _local("ml", "jobs")]}

test_queues_that_are_kept_elsewhere if count(rule.findings) == 0 with input as {"objects": [_job("ml", _label("jobs"), 8), _local("web", "gpu")]}
