# METADATA
# title: 'A policy''s action exists'
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: use AbortJob, RestartJob, RestartTask, RestartPod, RestartPartition, TerminateJob, CompleteJob or ResumeJob
#   upstream: invalid policy action
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/util.go (policyActionMap, validatePolicies)
package policies.training["volcano-actions-exist"]

import data.lib.volcano

_known := {
	"AbortJob", "RestartJob", "RestartTask", "RestartPod", "RestartPartition", "TerminateJob", "CompleteJob", "ResumeJob",
}

# Of a policy about an exit code the webhook does not look at the action.
findings contains {"path": path, "message": message} if {
	some list in volcano.policy_lists(input.object)
	some i, policy in list.policies
	is_object(policy)
	object.get(policy, "exitCode", null) == null
	some place in volcano.events(input.object)
	place.list == list.path
	place.index == i
	action := object.get(policy, "action", null)
	not action in _known
	path := array.concat(list.path, [i, "action"])
	message := _said(action)
}

_said(action) := sprintf("there is no action %v", [action]) if volcano.named(action)

_said(action) := "says on which event, and not what to do" if not volcano.named(action)
