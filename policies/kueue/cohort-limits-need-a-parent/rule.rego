# METADATA
# title: Limits of a cohort need a parent cohort
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/Cohort]
#   remedy: name the parent in spec.parentName, or take the limit out
#   upstream: must be nil when parent is empty
#   sources:
#     - kueue v0.19.2 pkg/webhooks/cohort_webhook.go (validateCohort)
#     - kueue v0.19.2 apis/kueue/v1beta2/cohort_types.go (CohortSpec)
package policies.kueue["cohort-limits-need-a-parent"]

import data.lib.kueue

findings contains {"path": place.path, "message": message} if {
	kueue.parent(input.object) == ""
	some place in kueue.limits(input.object)
	place.field in {"borrowingLimit", "lendingLimit"}
	message := sprintf("%s of %s is %v, but the cohort has no parent", [place.field, place.resource, place.value])
}
