package policies.kueue["lenders-can-reclaim_test"]

import data.policies.kueue["lenders-can-reclaim"] as rule

_queue(spec, quota) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "spec": object.union(spec, {"resourceGroups": [{
	"coveredResources": ["nvidia.com/gpu"],
	"flavors": [{"name": "h100", "resources": [object.union({"name": "nvidia.com/gpu"}, quota)]}],
}]})}

_found(spec, quota) := found if {
	found := rule.findings with input as {"object": _queue(spec, quota)}
}

test_without_preemption if count(_found({"cohortName": "llm"}, {"nominalQuota": 8})) == 1

test_it_reclaims if {
	count(_found({"cohortName": "llm", "preemption": {"reclaimWithinCohort": "LowerPriority"}}, {"nominalQuota": 8})) == 0
}

test_nothing_to_lend if {
	count(_found({"cohortName": "llm"}, {"nominalQuota": 0})) == 0
	count(_found({"cohortName": "llm"}, {"nominalQuota": 8, "lendingLimit": 0})) == 0
	count(_found({}, {"nominalQuota": 8})) == 0
}

test_it_says_how_many if {
	some finding in _found({"cohortName": "llm"}, {"nominalQuota": 8, "lendingLimit": "4"})
	contains(finding.message, "lends 4 nvidia.com/gpu of h100")
}

test_a_limit_below_zero_lends_nothing if count(_found({"cohortName": "llm"}, {"nominalQuota": 8, "lendingLimit": -1})) == 0
