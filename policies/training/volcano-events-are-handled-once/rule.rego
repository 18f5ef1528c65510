# METADATA
# title: An event has one policy
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: keep one policy for the event
#   upstream: duplicate event
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/util.go (validatePolicies)
package policies.training["volcano-events-are-handled-once"]

import data.lib.volcano

findings contains {"path": place.path, "message": message} if {
	places := volcano.events(input.object)
	some place in places
	some earlier in places
	earlier.list == place.list
	earlier.event == place.event
	earlier.index < place.index
	message := sprintf("the event %v has a policy already", [place.event])
}
