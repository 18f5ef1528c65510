package policies.autoscaling["ratio-targets-are-at-most-one_test"]

import data.policies.autoscaling["ratio-targets-are-at-most-one"] as rule

_pods(name, value) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {"metrics": [{
	"type": "Pods",
	"pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": value}},
}]}}}

_external(name, field, value) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {
	"metrics": [{"type": "External", "external": {"metric": {"name": name}, "target": {field: value}}}],
}}}

test_a_percentage if {
	count(rule.findings) == 1 with input as _pods("vllm_kv_cache_usage_perc", "80")
	count(rule.findings) == 1 with input as _pods("prefix_cache_hit_ratio", "2")
}

test_a_ratio if {
	count(rule.findings) == 0 with input as _pods("vllm_kv_cache_usage_perc", "0.8")
	count(rule.findings) == 0 with input as _pods("vllm_kv_cache_usage_perc", "800m")
	count(rule.findings) == 0 with input as _pods("vllm_kv_cache_usage_perc", "1")
}

test_real_percentages if count(rule.findings) == 0 with input as _pods("DCGM_FI_DEV_GPU_UTIL", "80")

test_a_rule_that_makes_percentages if count(rule.findings) == 0 with input as _pods("kv_cache_usage_percent", "80")

test_a_sum_over_pods_may_be_more if {
	count(rule.findings) == 0 with input as _external("vllm_kv_cache_usage_perc", "value", "4")
}
