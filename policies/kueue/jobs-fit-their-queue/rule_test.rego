package policies.kueue["jobs-fit-their-queue_test"]

import data.policies.kueue["jobs-fit-their-queue"] as rule

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

_cluster_queue(spec, quota) := {
	"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": {"name": "batch"},
	"spec": object.union(spec, {"resourceGroups": [{"coveredResources": ["nvidia.com/gpu"], "flavors": [
		{"name": "h100", "resources": [object.union({"name": "nvidia.com/gpu"}, quota)]},
	]}]}),
}

_found(job, spec, quota) := found if {
	found := rule.findings with input as {"objects": [job, _local("ml", "jobs"), _cluster_queue(spec, quota)]}
}

_two_times(gpus) := _job("ml", {"kueue.x-k8s.io/queue-name": "jobs"}, gpus)

test_too_large if count(_found(_two_times(8), {}, {"nominalQuota": 8})) == 1

test_it_fits if count(_found(_two_times("8"), {}, {"nominalQuota": "16"})) == 0

test_it_may_borrow if {
	count(_found(_two_times(8), {"cohortName": "llm"}, {"nominalQuota": 8, "borrowingLimit": 8})) == 0
	count(_found(_two_times(8), {"cohortName": "llm"}, {"nominalQuota": 8, "borrowingLimit": 4})) == 1
}

test_borrowing_without_a_bound if count(_found(_two_times(64), {"cohortName": "llm"}, {"nominalQuota": 8})) == 0

test_completions_bound_what_runs_at_once if {
	one := object.union(_two_times(8), {"spec": {"completions": 1}})
	count(_found(one, {}, {"nominalQuota": 8})) == 0
}

test_a_job_that_may_start_smaller if {
	partial := object.union(_two_times(8), {"metadata": {"annotations": {"kueue.x-k8s.io/job-min-parallelism": "1"}}})
	count(_found(partial, {}, {"nominalQuota": 8})) == 0
}

test_a_resource_that_the_queue_does_not_cover if {
	amd := json.patch(_two_times(8), [{"op": "replace", "path": "/spec/template/spec/containers/0/resources/limits", "value": {"amd.com/gpu": 8}}])
	count(_found(amd, {}, {"nominalQuota": 8})) == 0
}

test_two_queues_of_one_name_leave_it_open if {
	small := _cluster_queue({}, {"nominalQuota": 4})
	large := _cluster_queue({}, {"nominalQuota": 8})
	job := _two_times(8)
	count(rule.findings) == 0 with input as {"objects": [job, _local("ml", "jobs"), small, large]}
	count(rule.findings) == 1 with input as {"objects": [job, _local("ml", "jobs"), small, small]}
}

test_an_annotation_is_no_queue if {
	annotated := object.union(_job("ml", {}, 8), {"metadata": {"annotations": {"kueue.x-k8s.io/queue-name": "jobs"}}})
	count(_found(annotated, {}, {"nominalQuota": 1})) == 0
}
