package policies.accelerators["whole-gpus-or-a-fraction_test"]

import data.policies.accelerators["whole-gpus-or-a-fraction"] as rule

_found(annotations, limits) := found if {
	found := rule.findings with input as {"object": {
		"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": annotations},
		"spec": {"containers": [{"resources": {"limits": limits}}]},
	}}
}

test_both if {
	count(_found({"gpu-fraction": "0.5"}, {"nvidia.com/gpu": 1})) == 1
	count(_found({"gpu-memory": "4096"}, {"nvidia.com/gpu": 1})) == 1
}

test_a_fraction if count(_found({"gpu-fraction": "0.5"}, {"memory": "16Gi"})) == 0

test_a_whole_gpu if count(_found({"team": "a"}, {"nvidia.com/gpu": 1})) == 0

test_null if count(_found(null, null)) == 0
