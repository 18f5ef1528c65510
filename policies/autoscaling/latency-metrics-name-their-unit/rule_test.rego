package policies.autoscaling["latency-metrics-name-their-unit_test"]

import data.policies.autoscaling["latency-metrics-name-their-unit"] as rule

_pods(name, value) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {"metrics": [{
	"type": "Pods",
	"pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": value}},
}]}}}

_external(name, field, value) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {
	"metrics": [{"type": "External", "external": {"metric": {"name": name}, "target": {field: value}}}],
}}}

test_no_unit if count(rule.findings) == 1 with input as _pods("vllm_time_to_first_token_p95", "500")

test_plainly_seconds if {
	count(rule.findings) == 0 with input as _pods("vllm_time_to_first_token_p95", "500m")
	count(rule.findings) == 0 with input as _pods("ttft_p95", "2")
}

test_with_a_unit if {
	count(rule.findings) == 0 with input as _pods("vllm_time_to_first_token_p95_ms", "500")
	count(rule.findings) == 0 with input as _pods("ttft_milliseconds", "500")
}

test_the_other_policys if count(rule.findings) == 0 with input as _pods("vllm_time_to_first_token_seconds_p95", "500")

test_other_metrics if count(rule.findings) == 0 with input as _pods("vllm_num_requests_waiting", "500")
