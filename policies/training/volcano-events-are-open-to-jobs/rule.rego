# METADATA
# title: A policy is about an event that jobs may handle
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: use PodFailed, PodEvicted, PodPending, TaskFailed, TaskCompleted, JobUpdated, Unknown or *
#   upstream: invalid policy event
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/util.go (policyEventMap)
package policies.training["volcano-events-are-open-to-jobs"]

import data.lib.volcano

findings contains {"path": place.path, "message": message} if {
	some place in volcano.events(input.object)
	place.event in {"OutOfSync", "CommandIssued", "PodRunning"}
	message := sprintf("the event %v is Volcano's own: a job's policies cannot be about it", [place.event])
}
