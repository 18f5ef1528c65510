package policies.accelerators["gpu-request-has-a-limit_test"]

import data.policies.accelerators["gpu-request-has-a-limit"] as rule

_pod(container) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}

_found(resources) := found if {
	found := rule.findings with input as {"object": _pod({"resources": resources})}
}

test_no_limits if count(_found({"requests": {"nvidia.com/gpu": 1}})) == 1

test_other_limits if count(_found({"requests": {"nvidia.com/gpu": 1}, "limits": {"memory": "1Gi"}})) == 1

test_with_a_limit if count(_found({"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 1}})) == 0

test_cpu_needs_none if count(_found({"requests": {"cpu": 1}})) == 0

test_a_runtime_may_bring_the_limit if {
	service := {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "spec": {"predictor": {"containers": [{"resources": {"requests": {"nvidia.com/gpu": 1}}}]}}}
	count(rule.findings) == 0 with input as {"object": service}
}
