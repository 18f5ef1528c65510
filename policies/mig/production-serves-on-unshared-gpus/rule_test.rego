package policies.mig["production-serves-on-unshared-gpus_test"]

import data.policies.mig["production-serves-on-unshared-gpus"] as rule

_found(labels, selector, limits) := found if {
	found := rule.findings with input as {"object": {
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": labels},
		"spec": {"template": {"spec": {"nodeSelector": selector, "containers": [{"resources": {"limits": limits}}]}}},
	}}
}

_production := {"environment": "production"}

test_a_share if count(_found(_production, {}, {"nvidia.com/gpu.shared": 1})) == 1

test_a_node_that_shares if {
	count(_found({"env": "prod"}, {"nvidia.com/gpu.sharing-strategy": "mps"}, {"nvidia.com/gpu": 1})) == 1
	count(_found({"env": "prod"}, {"nvidia.com/gpu.product": "NVIDIA-L40S-SHARED"}, {"nvidia.com/gpu": 1})) == 1
}

test_not_production if count(_found({"environment": "staging"}, {}, {"nvidia.com/gpu.shared": 1})) == 0

test_a_whole_gpu if {
	count(_found(_production, {"nvidia.com/gpu.sharing-strategy": "none"}, {"nvidia.com/gpu": 1})) == 0
	count(_found(_production, {}, {"nvidia.com/mig-3g.40gb": 1})) == 0
	count(_found(null, null, null)) == 0
}
