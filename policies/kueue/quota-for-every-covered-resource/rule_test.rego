package policies.kueue["quota-for-every-covered-resource_test"]

import data.policies.kueue["quota-for-every-covered-resource"] as rule

_found(covered, resources) := found if {
	found := rule.findings with input as {"object": {"kind": "ClusterQueue", "spec": {"resourceGroups": [{
		"coveredResources": covered,
		"flavors": [{"name": "h100", "resources": [{"name": name, "nominalQuota": 1} | some name in resources]}],
	}]}}}
}

test_one_is_missing if count(_found(["cpu", "memory", "nvidia.com/gpu"], ["cpu", "nvidia.com/gpu"])) == 1

test_one_is_too_many if count(_found(["nvidia.com/gpu"], ["cpu", "nvidia.com/gpu"])) == 1

test_another_order_is_another_policy if count(_found(["cpu", "nvidia.com/gpu"], ["nvidia.com/gpu", "cpu"])) == 0

test_null_groups if count(rule.findings) == 0 with input as {"object": {"kind": "Cohort", "spec": {"resourceGroups": null}}}
