# METADATA
# title: The pytorch plugin finds its master task
# custom:
#   class: regretted
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: 'name the task in the plugin''s argument --master, or call one task master'
#   sources:
#     - volcano v1.14.1 pkg/controllers/job/plugins/distributed-framework/pytorch/pytorch.go (OnPodCreate)
package policies.training["pytorch-plugins-find-their-master"]

import data.lib.volcano

findings contains {"path": ["spec", "plugins", "pytorch"], "message": message} if {
	"pytorch" in object.keys(volcano.plugins(input.object))
	count(volcano.tasks(input.object)) > 0
	master := volcano.argument(input.object, "pytorch", "master", "master")
	not volcano.has_task(input.object, master)
	message := sprintf("the job has no task %v, so the plugin sets neither MASTER_ADDR nor RANK", [master])
}
