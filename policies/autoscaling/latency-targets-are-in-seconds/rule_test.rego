package policies.autoscaling["latency-targets-are-in-seconds_test"]

import data.policies.autoscaling["latency-targets-are-in-seconds"] as rule

_pods(name, value) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {"metrics": [{
	"type": "Pods",
	"pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": value}},
}]}}}

_external(name, field, value) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {
	"metrics": [{"type": "External", "external": {"metric": {"name": name}, "target": {field: value}}}],
}}}

_ttft := "vllm:time_to_first_token_seconds_p95"

test_milliseconds if count(rule.findings) == 1 with input as _pods(_ttft, "500")

test_a_number_without_quotes if count(rule.findings) == 1 with input as _pods(_ttft, 500)

test_seconds if {
	count(rule.findings) == 0 with input as _pods(_ttft, "500m")
	count(rule.findings) == 0 with input as _pods(_ttft, "0.5")
	count(rule.findings) == 0 with input as _pods(_ttft, "2")
}

test_a_value_of_an_external_metric if {
	count(rule.findings) == 1 with input as _external("vllm_inter_token_latency_seconds_p99", "value", "80")
}

test_whole_requests_take_longer if {
	count(rule.findings) == 0 with input as _pods("vllm_e2e_request_latency_seconds_p95", "60")
	count(rule.findings) == 1 with input as _pods("vllm_e2e_request_latency_seconds_p95", "30k")
}

test_a_rule_in_milliseconds_says_so if {
	count(rule.findings) == 0 with input as _pods("ttft_seconds_p95_ms", "500")
	count(rule.findings) == 0 with input as _pods("time_to_first_token_milliseconds", "500")
	count(rule.findings) == 0 with input as _external("queue_latency_microseconds", "value", "30000")
}

test_counts_of_a_histogram if count(rule.findings) == 0 with input as _pods("vllm_time_to_first_token_seconds_count", "500")

test_ages_are_no_latencies if count(rule.findings) == 0 with input as _external("oldest_message_age_seconds", "value", "600")

test_not_a_quantity if count(rule.findings) == 0 with input as _pods(_ttft, "soon")
