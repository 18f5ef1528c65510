package policies.kueue["cohort-limits-need-a-parent_test"]

import data.policies.kueue["cohort-limits-need-a-parent"] as rule

_cohort(spec, quota) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Cohort", "spec": object.union(spec, {"resourceGroups": [{
	"coveredResources": ["nvidia.com/gpu"],
	"flavors": [{"name": "h100", "resources": [object.union({"name": "nvidia.com/gpu"}, quota)]}],
}]})}

test_both_limits if {
	count(rule.findings) == 2 with input as {"object": _cohort({}, {"nominalQuota": 8, "borrowingLimit": 1, "lendingLimit": 1})}
}

test_with_a_parent if {
	count(rule.findings) == 0 with input as {"object": _cohort({"parentName": "org"}, {"nominalQuota": 8, "borrowingLimit": 1})}
}

test_with_a_parent_as_v1alpha1_wrote_it if {
	count(rule.findings) == 0 with input as {"object": _cohort({"parent": "org"}, {"nominalQuota": 8, "lendingLimit": 1})}
}

test_a_cohort_without_quota if count(rule.findings) == 0 with input as {"object": {"kind": "Cohort", "apiVersion": "kueue.x-k8s.io/v1beta2", "spec": null}}
