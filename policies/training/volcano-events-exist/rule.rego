# METADATA
# title: A policy is about an event that exists
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: 'correct the event''s name'
#   upstream: Unsupported value
#   sources:
#     - 'volcano v1.14.1 config/crd/volcano/bases/batch.volcano.sh_jobs.yaml (enum of policies[].event)'
package policies.training["volcano-events-exist"]

import data.lib.volcano

_known := {
	"*", "PodPending", "PodRunning", "PodFailed", "PodEvicted", "Unknown", "TaskCompleted", "OutOfSync",
	"CommandIssued", "JobUpdated", "TaskFailed",
}

findings contains {"path": place.path, "message": message} if {
	some place in volcano.events(input.object)
	not place.event in _known
	message := sprintf("there is no event %v", [place.event])
}
