package policies.kueue["gpu-jobs-name-a-queue_test"]

import data.policies.kueue["gpu-jobs-name-a-queue"] as rule

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

test_without_a_label if count(rule.findings) == 1 with input as {"objects": [_job("ml", {}, 8), _local("ml", "jobs")]}

test_with_a_label if {
	count(rule.findings) == 0 with input as {"objects": [_job("ml", {"kueue.x-k8s.io/queue-name": "jobs"}, 8), _local("ml", "jobs")]}
}

test_without_gpus if count(rule.findings) == 0 with input as {"objects": [_job("ml", {}, 0), _local("ml", "jobs")]}

test_a_namespace_without_queues if count(rule.findings) == 0 with input as {"objects": [_job("web", {}, 8), _local("ml", "jobs")]}

test_a_default_queue_takes_all if count(rule.findings) == 0 with input as {"objects": [_job("ml", {}, 8), _local("ml", "default")]}

test_a_part_of_a_larger_job if {
	owned := object.union(_job("ml", {}, 8), {"metadata": {"ownerReferences": [{"kind": "JobSet", "name": "train"}]}})
	count(rule.findings) == 0 with input as {"objects": [owned, _local("ml", "jobs")]}
}

test_an_annotation_is_no_label if {
	annotated := object.union(_job("ml", {}, 8), {"metadata": {"annotations": {"kueue.x-k8s.io/queue-name": "jobs"}}})
	found := rule.findings with input as {"objects": [annotated, _local("ml", "jobs")]}
	some one in found
	contains(one.message, "names its queue in an annotation")
}
