package policies.mig["profile-of-the-selected-gpu_test"]

import data.policies.mig["profile-of-the-selected-gpu"] as rule

_pod(resource, selector) := {"apiVersion": "v1", "kind": "Pod", "spec": {
	"nodeSelector": selector,
	"containers": [{"resources": {"limits": {resource: 1}}}],
}}

_gpus := {
	"H100": {"product": "NVIDIA-H100-80GB-HBM3", "mig": {"profiles": [{"name": "1g.10gb"}, {"name": "1g.10gb+me"}]}},
	"L40S": {"product": "NVIDIA-L40S", "mig": null},
}

_found(resource, product) := found if {
	found := rule.findings with input as {"object": _pod(resource, {"nvidia.com/gpu.product": product})} with data.gpus as _gpus
}

test_of_another_gpu if count(_found("nvidia.com/mig-1g.5gb", "NVIDIA-H100-80GB-HBM3")) == 1

test_its_own if {
	count(_found("nvidia.com/mig-1g.10gb", "NVIDIA-H100-80GB-HBM3")) == 0
	count(_found("nvidia.com/mig-1g.10gb.me", "NVIDIA-H100-80GB-HBM3")) == 0
	count(_found("nvidia.com/mig-1g.10gb.shared", "NVIDIA-H100-80GB-HBM3-SHARED")) == 0
}

test_a_gpu_without_mig if count(_found("nvidia.com/mig-1g.10gb", "NVIDIA-L40S")) == 1

test_a_gpu_that_we_do_not_know if count(_found("nvidia.com/mig-1g.5gb", "NVIDIA-Z900")) == 0

test_whole_gpus if count(_found("nvidia.com/gpu", "NVIDIA-L40S")) == 0

test_no_selector if {
	count(rule.findings) == 0 with input as {"object": _pod("nvidia.com/mig-1g.5gb", {})} with data.gpus as _gpus
}
