package policies.accelerators["gpu-workloads-have-a-priority_test"]

import data.policies.accelerators["gpu-workloads-have-a-priority"] as rule

_found(metadata, spec) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {
		"spec": object.union(spec, {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}]}),
	}}}}
}

test_none if count(_found({}, {})) == 1

test_a_class if count(_found({}, {"priorityClassName": "batch"})) == 0

test_a_class_of_kueue if count(_found({"labels": {"kueue.x-k8s.io/priority-class": "batch"}}, {})) == 0

test_the_class_of_a_pytorchjob if {
	job := {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {
		"runPolicy": {"schedulingPolicy": {"priorityClass": "batch"}},
		"pytorchReplicaSpecs": {"Worker": {"template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}]}}}},
	}}
	count(rule.findings) == 0 with input as {"object": job}
}

test_null if count(_found(null, {})) == 1
