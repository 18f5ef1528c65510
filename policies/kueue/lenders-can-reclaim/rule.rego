# METADATA
# title: A queue that lends GPUs can take them back
# custom:
#   class: regretted
#   severity: warning
#   kinds: [kueue.x-k8s.io/ClusterQueue]
#   remedy: set preemption.reclaimWithinCohort to Any or LowerPriority, or lend nothing with lendingLimit 0
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go (reclaimWithinCohort, lendingLimit)
package policies.kueue["lenders-can-reclaim"]

import data.lib.kueue
import data.lib.workload

findings contains {"path": ["spec", "preemption", "reclaimWithinCohort"], "message": message} if {
	kueue.cohort(input.object) != ""
	kueue.never_reclaims(input.object)
	count(_lent) > 0
	message := sprintf("lends %s to cohort %s and never takes them back", [concat(", ", _lent), kueue.cohort(input.object)])
}

_lent := sort([text |
	some place in kueue.limits(input.object)
	place.field == "nominalQuota"
	workload.is_accelerator(place.resource)
	lent := _lendable(place)
	lent > 0
	text := sprintf("%v %s of %s", [lent, place.resource, place.flavor])
])

_lendable(place) := kueue.limit(input.object, place.flavor, place.resource, "lendingLimit")

_lendable(place) := kueue.limit(input.object, place.flavor, place.resource, "nominalQuota") if not _is_limited(place)

_is_limited(place) if is_number(kueue.limit(input.object, place.flavor, place.resource, "lendingLimit"))
