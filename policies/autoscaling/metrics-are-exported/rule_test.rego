package policies.autoscaling["metrics-are-exported_test"]

import data.policies.autoscaling["metrics-are-exported"] as rule

_asking(name) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {"metrics": [{
	"type": "Pods",
	"pods": {"metric": {"name": name}, "target": {"averageValue": "5"}},
}]}}}

_facts := {"metrics": ["vllm:num_requests_waiting", "queue_depth"]}

test_unknown if count(rule.findings) == 1 with input as _asking("vllm_waiting") with data.facts as _facts

test_known if {
	count(rule.findings) == 0 with input as _asking("queue_depth") with data.facts as _facts
	count(rule.findings) == 0 with input as _asking("vllm_num_requests_waiting") with data.facts as _facts
	count(rule.findings) == 0 with input as _asking("vllm:num_requests_waiting") with data.facts as _facts
}

test_resources_come_from_the_metrics_server if {
	hpa := {"spec": {"metrics": [{"type": "Resource", "resource": {"name": "cpu"}}]}}
	count(rule.findings) == 0 with input as {"object": hpa} with data.facts as _facts
}
