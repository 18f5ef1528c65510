# METADATA
# title: The pods of a run come to an end
# custom:
#   class: regretted
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   looks_at: [words]
#   remedy: 'set restartPolicy to OnFailure or Never in the task''s pod template'
#   fixable: true
#   sources:
#     - volcano v1.14.1 pkg/controllers/job/job_controller_handler.go (PodSucceeded and PodFailed alone end a task)
#     - 'volcano v1.14.1 pkg/webhooks/admission/jobs/validate/admit_job.go (the template keeps the pod''s default, Always)'
package policies.training["volcano-pods-come-to-an-end"]

import data.lib.kind
import data.lib.training
import data.lib.volcano

findings contains {"path": path, "message": message, "fix": {"path": path, "value": _fitting(task)}} if {
	some i, task in kind.items(input.object, ["spec", "tasks"])
	_restarts_forever(task)
	_must_end(task)
	_is_a_run
	not _serves(task)
	not volcano.plugins(input.object).ray
	path := ["spec", "tasks", i, "template", "spec", "restartPolicy"]
	message := sprintf("restartPolicy is Always: pods of the task %v are started again when they are done, and it never completes", [object.get(task, "name", i)])
}

_restarts_forever(task) if {
	is_object(task.template.spec)
	object.get(task, ["template", "spec", "restartPolicy"], null) in {null, "", "Always"}
}

_is_a_run if {
	some plugin in ["pytorch", "mpi", "tensorflow", "hcclrank"]
	volcano.plugins(input.object)[plugin]
}

_is_a_run if count(training.launches) > 0

_is_a_run if {
	some place in volcano.events(input.object)
	place.event == "TaskCompleted"
}

# Another task's end ends the job where a policy says so.
_must_end(_) if {
	not volcano.acts(input.object, "CompleteJob")
	kind.at(input.object, ["spec", "minSuccess"]) == null
}

_must_end(_) if {
	every task in volcano.tasks(input.object) {
		_restarts_forever(task)
	}
}

_must_end(task) if {
	some policy in kind.items(task, ["policies"])
	"TaskCompleted" in _events(policy)
}

_events(policy) := array.concat([event | event := policy.event], kind.items(policy, ["events"]))

_serves(task) if {
	some container in kind.items(task, ["template", "spec", "containers"])
	some probe in ["livenessProbe", "readinessProbe", "startupProbe"]
	container[probe]
}

# A policy about failed pods sees them only when the kubelet does not start them again.
_fitting(task) := "Never" if _acts_on_failure(task)

_fitting(task) := "OnFailure" if not _acts_on_failure(task)

_acts_on_failure(task) if {
	some policy in array.concat(kind.items(task, ["policies"]), kind.items(input.object, ["spec", "policies"]))
	_about_failure(policy)
}

_about_failure(policy) if {
	some event in _events(policy)
	event in {"PodFailed", "TaskFailed", "*"}
}

_about_failure(policy) if is_number(policy.exitCode)
