package policies.accelerators["gpu-pods-select-a-node-that-exists_test"]

import data.policies.accelerators["gpu-pods-select-a-node-that-exists"] as rule

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

test_no_such_product if count(_found(1, _product("H100"))) == 1

test_the_product_without_its_suffix if count(_found(1, _product("NVIDIA-L40S"))) == 1

test_a_node_has_it if count(_found(1, _product("NVIDIA-L40S-SHARED"))) == 0

test_no_selector if {
	count(_found(1, {})) == 0
	count(_found(1, null)) == 0
}

test_without_gpus_it_is_not_our_matter if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"nodeSelector": {"pool": "x"}, "containers": [{"name": "web"}]}}
	count(rule.findings) == 0 with input as {"object": pod} with data.facts as {"nodes": _nodes}
}

test_it_would_look_where_nothing_is_known if {
	count(rule.findings) == 1 with input as {"object": _pod(1, _product("NVIDIA-L40S"))} with data.facts as {}
}
