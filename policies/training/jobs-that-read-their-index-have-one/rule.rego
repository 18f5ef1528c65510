# METADATA
# title: A Job whose pods read their index is indexed
# custom:
#   class: regretted
#   severity: error
#   kinds: [batch/Job, batch/CronJob]
#   mentions: [JOB_COMPLETION_INDEX]
#   looks_at: [words]
#   remedy: set completionMode to Indexed, and completions
#   sources:
#     - kubernetes v1.36.0 pkg/controller/job/indexed_job_utils.go (JOB_COMPLETION_INDEX)
package policies.training["jobs-that-read-their-index-have-one"]

import data.lib.kind
import data.lib.workload

findings contains {"path": workload.flag_path(c, "JOB_COMPLETION_INDEX"), "message": message} if {
	some path in [["spec"], ["spec", "jobTemplate", "spec"]]
	spec := kind.mapping(input.object, path)
	is_object(spec.template)
	kind.at(spec, ["completionMode"]) in {null, "", "NonIndexed"}
	some c in workload.containers
	some word in workload.words(c.container)
	contains(word, "JOB_COMPLETION_INDEX")
	not regex.match(`JOB_COMPLETION_INDEX(:|-|=)`, word)
	not workload.has_env(c.container, "JOB_COMPLETION_INDEX")
	count(kind.items(c.container, ["envFrom"])) == 0
	message := "reads JOB_COMPLETION_INDEX, which only an Indexed Job sets"
}
