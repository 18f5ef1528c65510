# METADATA
# title: Who borrows by preemption must also reclaim
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/ClusterQueue]
#   remedy: set preemption.reclaimWithinCohort to LowerPriority or Any, or drop borrowWithinCohort
#   upstream: reclaimWithinCohort=Never and borrowWithinCohort.Policy!=Never
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go (CEL rule of ClusterQueuePreemption)
package policies.kueue["preemptive-borrowing-needs-reclaim"]

import data.lib.kueue

findings contains {"path": path, "message": message} if {
	kueue.never_reclaims(input.object)
	policy := input.object.spec.preemption.borrowWithinCohort.policy
	policy != "Never"
	path := ["spec", "preemption", "borrowWithinCohort", "policy"]
	message := sprintf("preempts while borrowing (%s), but reclaimWithinCohort is Never%s", [policy, _by_default])
}

_by_default := "" if input.object.spec.preemption.reclaimWithinCohort

_by_default := ", its default" if not input.object.spec.preemption.reclaimWithinCohort
