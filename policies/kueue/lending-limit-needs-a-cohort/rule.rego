# METADATA
# title: A lending limit needs a cohort to lend to
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/ClusterQueue]
#   remedy: name the cohort in spec.cohortName, or take lendingLimit out
#   upstream: must be nil when cohort is empty
#   sources:
#     - kueue v0.19.2 pkg/webhooks/clusterqueue_webhook.go (validateLimit)
package policies.kueue["lending-limit-needs-a-cohort"]

import data.lib.kueue

findings contains {"path": place.path, "message": message} if {
	kueue.cohort(input.object) == ""
	some place in kueue.limits(input.object)
	place.field == "lendingLimit"
	message := sprintf("lends %v %s, but the queue is in no cohort", [place.value, place.resource])
}
