package policies.serving["disruption-budgets-let-nodes-drain_test"]

import data.policies.serving["disruption-budgets-let-nodes-drain"] as rule

_budget(spec) := {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"}, "spec": object.union(
	{"selector": {"matchLabels": {"app": "chat"}}},
	spec,
)}

_deployment(replicas) := {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "chat"}, "spec": {
	"replicas": replicas,
	"template": {"metadata": {"labels": {"app": "chat", "tier": "gold"}}, "spec": {"containers": []}},
}}

_scaler := {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}, "spec": {
	"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat"},
	"maxReplicas": 8,
}}

test_none_at_all if {
	count(rule.findings) == 1 with input as {"objects": [_budget({"maxUnavailable": 0})]}
	count(rule.findings) == 1 with input as {"objects": [_budget({"maxUnavailable": "0%"})]}
	count(rule.findings) == 1 with input as {"objects": [_budget({"minAvailable": "100%"})]}
}

test_one if count(rule.findings) == 0 with input as {"objects": [_budget({"maxUnavailable": 1}), _deployment(1)]}

test_all_that_there_are if {
	count(rule.findings) == 1 with input as {"objects": [_budget({"minAvailable": 2}), _deployment(2)]}
	count(rule.findings) == 0 with input as {"objects": [_budget({"minAvailable": 2}), _deployment(3)]}
}

test_a_workload_that_is_off if {
	count(rule.findings) == 0 with input as {"objects": [_budget({"minAvailable": 1}), _deployment(0)]}
}

test_an_autoscaler_has_the_last_word if {
	count(rule.findings) == 0 with input as {"objects": [_budget({"minAvailable": 2}), _deployment(1), _scaler]}
}

test_another_namespace if {
	there := object.union(_deployment(1), {"metadata": {"namespace": "other"}})
	count(rule.findings) == 0 with input as {"objects": [_budget({"minAvailable": 1}), there]}
}

test_pods_of_several_workloads_count_together if {
	second := object.union(_deployment(2), {"metadata": {"name": "chat-canary"}})
	count(rule.findings) == 0 with input as {"objects": [_budget({"minAvailable": 2}), _deployment(2), second]}
	found := rule.findings with input as {"objects": [_budget({"minAvailable": 4}), _deployment(2), second]}
	[one.message | some one in found] == ["keeps 4 pods of chat, chat-canary, which have 4: none may go"]
}

test_a_workload_that_stands_there_twice_is_one if {
	count(rule.findings) == 1 with input as {"objects": [_budget({"minAvailable": 2}), _deployment(1), _deployment(2)]}
	count(rule.findings) == 0 with input as {"objects": [_budget({"minAvailable": 2}), _deployment(2), _deployment(3)]}
}
