# METADATA
# title: 'A job''s plugins exist'
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   looks_at: [words]
#   remedy: take the plugin out, or correct its name
#   upstream: unable to find job plugin
#   sources:
#     - volcano v1.14.1 pkg/controllers/job/plugins/factory.go
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/admit_job.go (validateJobCreate)
package policies.training["volcano-plugins-exist"]

import data.lib.volcano

_known := {"ssh", "env", "svc", "tensorflow", "mpi", "pytorch", "hcclrank", "ray"}

findings contains {"path": ["spec", "plugins", name], "message": message} if {
	some name in object.keys(volcano.plugins(input.object))
	not name in _known
	message := sprintf("Volcano has no plugin %v; it has %v", [name, concat(", ", sort(_known))])
}
