package policies.kueue["lending-limit-within-the-quota_test"]

import data.policies.kueue["lending-limit-within-the-quota"] as rule

_queue(spec, quota) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "spec": object.union(spec, {"resourceGroups": [{
	"coveredResources": ["nvidia.com/gpu"],
	"flavors": [{"name": "h100", "resources": [object.union({"name": "nvidia.com/gpu"}, quota)]}],
}]})}

_found(quota) := found if {
	found := rule.findings with input as {"object": _queue({"cohortName": "all"}, quota)}
}

test_more if count(_found({"nominalQuota": 8, "lendingLimit": 9})) == 1

test_all_of_it if count(_found({"nominalQuota": "8", "lendingLimit": 8})) == 0

test_units_are_compared_by_their_size if {
	count(_found({"nominalQuota": "1Ti", "lendingLimit": "1000Gi"})) == 0
	count(_found({"nominalQuota": "1T", "lendingLimit": "1Ti"})) == 1
	count(_found({"nominalQuota": 1, "lendingLimit": "1500m"})) == 1
}

test_what_is_no_quantity_is_left_alone if count(_found({"nominalQuota": 8, "lendingLimit": "${LIMIT}"})) == 0
