package policies.kueue["preemptive-borrowing-needs-reclaim_test"]

import data.policies.kueue["preemptive-borrowing-needs-reclaim"] as rule

_found(preemption) := found if {
	found := rule.findings with input as {"object": {"kind": "ClusterQueue", "spec": {"preemption": preemption}}}
}

test_never if count(_found({"reclaimWithinCohort": "Never", "borrowWithinCohort": {"policy": "LowerPriority"}})) == 1

test_never_is_the_default if count(_found({"borrowWithinCohort": {"policy": "LowerPriority"}})) == 1

test_it_reclaims if count(_found({"reclaimWithinCohort": "Any", "borrowWithinCohort": {"policy": "LowerPriority"}})) == 0

test_no_policy_is_never if count(_found({"borrowWithinCohort": {}})) == 0

test_a_threshold_alone if count(_found({"borrowWithinCohort": {"maxPriorityThreshold": 10}})) == 0

test_no_preemption if count(_found(null)) == 0
