package policies.accelerators["cpu-and-memory-beside-gpus_test"]

import data.policies.accelerators["cpu-and-memory-beside-gpus"] as rule

_pod(container) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}

_found(resources) := found if {
	found := rule.findings with input as {"object": _pod({"resources": resources})}
}

test_nothing_but_a_gpu if {
	some finding in _found({"limits": {"nvidia.com/gpu": 1}})
	contains(finding.message, "no cpu and no memory")
}

test_memory_alone if {
	some finding in _found({"limits": {"nvidia.com/gpu": 1, "memory": "64Gi"}})
	endswith(finding.message, "requests no cpu")
}

test_requests if count(_found({"requests": {"cpu": 8, "memory": "64Gi"}, "limits": {"nvidia.com/gpu": 1}})) == 0

test_limits_are_requests if count(_found({"limits": {"nvidia.com/gpu": 1, "cpu": 8, "memory": "64Gi"}})) == 0

test_without_gpus if count(_found({"limits": {"nvidia.com/gpu": 0}})) == 0

test_the_pod_asks_as_a_whole if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"resources": {"requests": {"cpu": 8, "memory": "64Gi"}}, "containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}]}}
	count(rule.findings) == 0 with input as {"object": pod}
}
