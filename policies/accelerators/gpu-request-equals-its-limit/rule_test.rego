package policies.accelerators["gpu-request-equals-its-limit_test"]

import data.policies.accelerators["gpu-request-equals-its-limit"] as rule

_pod(container) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}

_found(resources) := found if {
	found := rule.findings with input as {"object": _pod({"resources": resources})}
}

test_less if count(_found({"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 2}})) == 1

test_the_same_in_other_words if {
	count(_found({"requests": {"nvidia.com/gpu": "2"}, "limits": {"nvidia.com/gpu": 2}})) == 0
	count(_found({"requests": {"nvidia.com/gpu": "2000m"}, "limits": {"nvidia.com/gpu": 2}})) == 0
}

test_a_limit_alone if count(_found({"limits": {"nvidia.com/gpu": 2}})) == 0

test_cpu_may_differ if count(_found({"requests": {"cpu": 1}, "limits": {"cpu": 2}})) == 0

test_what_is_no_quantity if count(_found({"requests": {"nvidia.com/gpu": "$(GPUS)"}, "limits": {"nvidia.com/gpu": 2}})) == 0

test_null if {
	count(_found({"requests": null, "limits": null})) == 0
	count(_found(null)) == 0
}
