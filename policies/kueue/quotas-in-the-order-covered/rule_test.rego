package policies.kueue["quotas-in-the-order-covered_test"]

import data.policies.kueue["quotas-in-the-order-covered"] as rule

_found(covered, resources) := found if {
	found := rule.findings with input as {"object": {"kind": "ClusterQueue", "spec": {"resourceGroups": [{
		"coveredResources": covered,
		"flavors": [{"name": "h100", "resources": [{"name": name, "nominalQuota": 1} | some name in resources]}],
	}]}}}
}

test_another_order if count(_found(["cpu", "memory", "nvidia.com/gpu"], ["nvidia.com/gpu", "memory", "cpu"])) == 2

test_a_resource_that_is_not_covered if count(_found(["cpu", "nvidia.com/gpu"], ["cpu", "amd.com/gpu"])) == 1

test_the_same_order if count(_found(["cpu", "nvidia.com/gpu"], ["cpu", "nvidia.com/gpu"])) == 0

test_another_number_is_another_policy if count(_found(["cpu", "nvidia.com/gpu"], ["nvidia.com/gpu"])) == 0
