package policies.accelerators["gpus-of-a-pod-fit-one-node_test"]

import data.policies.accelerators["gpus-of-a-pod-fit-one-node"] as rule

_nodes := [
	{"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "8", "nvidia.com/gpu.replicas": "1"},
	{"nvidia.com/gpu.product": "NVIDIA-L40S-SHARED", "nvidia.com/gpu.count": "4", "nvidia.com/gpu.replicas": "4"},
	{"kubernetes.io/hostname": "cpu-1"},
]

_pod(gpus, selector) := {"apiVersion": "v1", "kind": "Pod", "spec": {
	"nodeSelector": selector,
	"containers": [{"resources": {"limits": {"nvidia.com/gpu": gpus}}}],
}}

_found(gpus, selector) := found if {
	found := rule.findings with input as {"object": _pod(gpus, selector)} with data.facts as {"nodes": _nodes}
}

_product(name) := {"nvidia.com/gpu.product": name}

test_more_than_any_node_has if count(_found(32, {})) == 1

test_more_than_the_selected_node_has if count(_found(9, _product("NVIDIA-H100-80GB-HBM3"))) == 1

test_all_of_a_node if count(_found(8, _product("NVIDIA-H100-80GB-HBM3"))) == 0

test_shares_count if count(_found(16, {})) == 0

test_no_such_node if count(_found(32, _product("H100"))) == 0

test_two_containers_are_added_up if {
	container := {"resources": {"limits": {"nvidia.com/gpu": 8}}}
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"nodeSelector": _product("NVIDIA-H100-80GB-HBM3"), "containers": [container, container]}}
	count(rule.findings) == 1 with input as {"object": pod} with data.facts as {"nodes": _nodes}
}

test_an_init_container_is_over_before_the_others_start if {
	container := {"resources": {"limits": {"nvidia.com/gpu": 8}}}
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"nodeSelector": _product("NVIDIA-H100-80GB-HBM3"), "containers": [container], "initContainers": [container]}}
	count(rule.findings) == 0 with input as {"object": pod} with data.facts as {"nodes": _nodes}
}

test_it_would_look_where_nothing_is_known if {
	count(rule.findings) == 1 with input as {"object": _pod(1, {})} with data.facts as {}
}
