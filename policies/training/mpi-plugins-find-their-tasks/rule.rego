# METADATA
# title: The mpi plugin finds its tasks
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: 'name both tasks in the plugin''s arguments --master and --worker, or call them master and worker'
#   upstream: task was not found
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/admit_job.go (validateJobCreate)
package policies.training["mpi-plugins-find-their-tasks"]

import data.lib.volcano

findings contains {"path": ["spec", "plugins", "mpi"], "message": message} if {
	"mpi" in object.keys(volcano.plugins(input.object))
	count(volcano.tasks(input.object)) > 0
	some role in ["master", "worker"]
	name := volcano.argument(input.object, "mpi", role, role)
	not volcano.has_task(input.object, name)
	message := sprintf("the job has no task %v for the plugin's %v", [name, role])
}
