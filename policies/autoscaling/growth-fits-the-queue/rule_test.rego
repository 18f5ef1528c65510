package policies.autoscaling["growth-fits-the-queue_test"]

import data.policies.autoscaling["growth-fits-the-queue"] as rule

_scaler(most) := {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}, "spec": {
	"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat"},
	"maxReplicas": most,
}}

_server := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "chat", "labels": {"kueue.x-k8s.io/queue-name": "serving"}},
	"spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 4}}}]}}},
}

_local := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue", "metadata": {"name": "serving"}, "spec": {"clusterQueue": "q"}}

_queue(spec, quota) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": object.union(spec, {
	"resourceGroups": [{"flavors": [{"name": "f", "resources": [object.union({"name": "nvidia.com/gpu"}, quota)]}]}],
})}

_found(most, queue) := n if {
	n := count(rule.findings) with input as {"objects": [_scaler(most), _server, _local, queue]}
}

test_more_than_the_quota if {
	_found(5, _queue({}, {"nominalQuota": 16})) == 1
	_found(4, _queue({}, {"nominalQuota": 16})) == 0
}

test_borrowed_gpus_count if {
	_found(5, _queue({"cohortName": "all"}, {"nominalQuota": 16, "borrowingLimit": 4})) == 0
	_found(6, _queue({"cohortName": "all"}, {"nominalQuota": 16, "borrowingLimit": 4})) == 1
}

test_no_bound_on_borrowing if _found(50, _queue({"cohortName": "all"}, {"nominalQuota": 16})) == 0

test_no_queue if count(rule.findings) == 0 with input as {"objects": [_scaler(50), _server, _local]}

test_two_queues_of_one_name_leave_it_open if {
	queues := [_queue({}, {"nominalQuota": 16}), _queue({}, {"nominalQuota": 8})]
	count(rule.findings) == 0 with input as {"objects": array.concat([_scaler(50), _server, _local], queues)}
}
