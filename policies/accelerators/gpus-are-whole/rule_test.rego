package policies.accelerators["gpus-are-whole_test"]

import data.policies.accelerators["gpus-are-whole"] as rule

_pod(container) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}

_found(resources) := found if {
	found := rule.findings with input as {"object": _pod({"resources": resources})}
}

test_a_half if {
	count(_found({"limits": {"nvidia.com/gpu": 0.5}})) == 1
	count(_found({"limits": {"nvidia.com/gpu": "500m"}})) == 1
	count(_found({"limits": {"nvidia.com/gpu": "1.5"}})) == 1
}

test_whole_in_other_words if {
	count(_found({"limits": {"nvidia.com/gpu": "2000m"}})) == 0
	count(_found({"limits": {"nvidia.com/gpu": "1.0"}})) == 0
	count(_found({"limits": {"nvidia.com/gpu": 0}})) == 0
}

test_half_a_cpu if count(_found({"limits": {"cpu": 0.5}})) == 0

test_what_is_no_quantity if count(_found({"limits": {"nvidia.com/gpu": "one"}})) == 0
