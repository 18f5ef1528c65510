package policies.kueue["lending-limit-needs-a-cohort_test"]

import data.policies.kueue["lending-limit-needs-a-cohort"] as rule

_queue(spec, quota) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "spec": object.union(spec, {"resourceGroups": [{
	"coveredResources": ["nvidia.com/gpu"],
	"flavors": [{"name": "h100", "resources": [object.union({"name": "nvidia.com/gpu"}, quota)]}],
}]})}

test_without_a_cohort if count(rule.findings) == 1 with input as {"object": _queue({}, {"nominalQuota": 8, "lendingLimit": 0})}

test_with_a_cohort if {
	count(rule.findings) == 0 with input as {"object": _queue({"cohortName": "all"}, {"nominalQuota": 8, "lendingLimit": 4})}
}

test_a_limit_that_is_null_is_none if {
	count(rule.findings) == 0 with input as {"object": _queue({}, {"nominalQuota": 8, "lendingLimit": null})}
}

test_a_borrowing_limit_is_another_policy if {
	count(rule.findings) == 0 with input as {"object": _queue({}, {"nominalQuota": 8, "borrowingLimit": 4})}
}
