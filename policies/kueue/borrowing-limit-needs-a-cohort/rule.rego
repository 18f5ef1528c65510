# METADATA
# title: A borrowing limit needs a cohort to borrow from
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/ClusterQueue]
#   remedy: name the cohort in spec.cohortName, or take borrowingLimit out
#   upstream: borrowingLimit must be nil when cohort is empty
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go (CEL rule of ClusterQueueSpec)
package policies.kueue["borrowing-limit-needs-a-cohort"]

import data.lib.kueue

findings contains {"path": place.path, "message": message} if {
	kueue.cohort(input.object) == ""
	some place in kueue.limits(input.object)
	place.field == "borrowingLimit"
	message := sprintf("borrows %s up to %v, but the queue is in no cohort", [place.resource, place.value])
}
