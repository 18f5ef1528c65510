# METADATA
# title: A gang is no larger than its job
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: 'set spec.minAvailable to the sum of the tasks'' replicas'
#   upstream: '''minAvailable'' should not be greater than total replicas in tasks'
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/admit_job.go (validateJobCreate)
package policies.training["volcano-gangs-fit-their-tasks"]

import data.lib.volcano

findings contains {"path": ["spec", "minAvailable"], "message": message} if {
	needed := input.object.spec.minAvailable
	is_number(needed)
	tasks := volcano.tasks(input.object)
	count(tasks) > 0
	there := volcano.pods(tasks)
	needed > there
	message := sprintf("needs %v pods at once, its tasks have %v", [needed, there])
}
