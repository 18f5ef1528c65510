package policies.autoscaling["metrics-have-todays-names_test"]

import data.policies.autoscaling["metrics-have-todays-names"] as rule

_pods(name, value) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {"metrics": [{
	"type": "Pods",
	"pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": value}},
}]}}}

_external(name, field, value) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {
	"metrics": [{"type": "External", "external": {"metric": {"name": name}, "target": {field: value}}}],
}}}

_rule(expr) := {"object": {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "spec": {"groups": [{
	"name": "g",
	"rules": [{"record": "r", "expr": expr}],
}]}}}

test_in_an_hpa if count(rule.findings) == 1 with input as _pods("vllm_gpu_cache_usage_perc", "0.8")

test_in_a_query if {
	count(rule.findings) == 1 with input as _rule("avg(vllm:gpu_cache_usage_perc)")
	count(rule.findings) == 1 with input as _rule("rate(vllm:time_per_output_token_seconds_bucket[1m])")
}

test_the_new_names if {
	count(rule.findings) == 0 with input as _pods("vllm_kv_cache_usage_perc", "0.8")
	count(rule.findings) == 0 with input as _rule("rate(vllm:request_time_per_output_token_seconds_sum[1m])")
}

test_either_of_them if {
	count(rule.findings) == 0 with input as _rule("avg(vllm:kv_cache_usage_perc or vllm:gpu_cache_usage_perc)")
}

test_not_vllms if count(rule.findings) == 0 with input as _rule("tgi_gpu_cache_usage_perc")

test_an_empty_object if count(rule.findings) == 0 with input as {"object": {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject"}}
