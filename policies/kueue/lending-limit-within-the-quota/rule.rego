# METADATA
# title: A queue lends no more than its quota
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/ClusterQueue]
#   remedy: "lower lendingLimit to nominalQuota, or leave it out: without it all may be lent"
#   upstream: must be less than or equal to the nominalQuota
#   sources:
#     - kueue v0.19.2 pkg/webhooks/clusterqueue_webhook.go (validateLendingLimit)
package policies.kueue["lending-limit-within-the-quota"]

import data.lib.kueue
import data.lib.quantity

findings contains {"path": lent.path, "message": message} if {
	kueue.cohort(input.object) != ""
	some lent in kueue.limits(input.object)
	lent.field == "lendingLimit"
	some owned in kueue.limits(input.object)
	owned.path == array.concat(array.slice(lent.path, 0, count(lent.path) - 1), ["nominalQuota"])
	quantity.number(lent.value) > quantity.number(owned.value)
	message := sprintf("lends up to %v %s of the %v that it has", [lent.value, lent.resource, owned.value])
}
