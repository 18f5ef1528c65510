package policies.kueue["borrowing-limit-needs-a-cohort_test"]

import data.policies.kueue["borrowing-limit-needs-a-cohort"] as rule

_queue(spec) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "spec": object.union(spec, {"resourceGroups": [{
	"coveredResources": ["nvidia.com/gpu"],
	"flavors": [{"name": "h100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": 8, "borrowingLimit": 4}]}],
}]})}

test_without_a_cohort if count(rule.findings) == 1 with input as {"object": _queue({})}

test_with_a_cohort if count(rule.findings) == 0 with input as {"object": _queue({"cohortName": "all"})}

test_the_old_field_means_nothing_to_v1beta2 if {
	count(rule.findings) == 1 with input as {"object": _queue({"cohort": "all"})}
}
