# METADATA
# title: A policy for any event stands alone
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: keep the policy for *, or name the events one by one
#   upstream: 'if there''s * here, no other policy should be here'
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/util.go (validatePolicies)
package policies.training["a-policy-for-any-event-stands-alone"]

import data.lib.volcano

findings contains {"path": place.path, "message": message} if {
	places := volcano.events(input.object)
	some place in places
	place.event == "*"
	others := {other.event | some other in places; other.list == place.list; other.event != "*"}
	count(others) > 0
	message := sprintf("the policy for any event stands beside one for %v", [concat(", ", sort(others))])
}
