# METADATA
# title: A policy has one trigger
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: give the policy an event or an exitCode, and not both
#   upstream: event and exitCode
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/util.go (validatePolicies)
package policies.training["volcano-policies-have-one-trigger"]

import data.lib.volcano

findings contains {"path": array.concat(list.path, [i]), "message": message} if {
	some list in volcano.policy_lists(input.object)
	some i, policy in list.policies
	is_object(policy)
	message := _said[_triggers(list.path, i, policy)]
}

_said := {
	"none": "has neither an event nor an exitCode: nothing makes it act",
	"both": "has an event and an exitCode: only one may make it act",
}

_triggers(path, i, policy) := "none" if {
	not _about_an_event(path, i)
	object.get(policy, "exitCode", null) == null
}

_triggers(path, i, policy) := "both" if {
	_about_an_event(path, i)
	object.get(policy, "exitCode", null) != null
}

_about_an_event(path, i) if {
	some place in volcano.events(input.object)
	place.list == path
	place.index == i
}
