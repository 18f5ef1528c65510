# METADATA
# title: Pods get SSH keys when a launcher uses them
# custom:
#   class: advice
#   severity: info
#   kinds: [batch.volcano.sh/Job]
#   mentions: [torch]
#   looks_at: [words]
#   remedy: take the ssh plugin out
#   fixable: true
#   sources:
#     - volcano v1.14.1 pkg/controllers/job/plugins/ssh/ssh.go
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/mutate/mutate_job.go (patchDefaultPlugins adds ssh for mpi)
package policies.training["ssh-keys-are-for-launchers"]

import data.lib.kind
import data.lib.training
import data.lib.workload

findings contains {"path": path, "message": message, "fix": {"path": path, "remove": true}} if {
	path := ["spec", "plugins", "ssh"]
	plugins := object.keys(kind.mapping(input.object, ["spec", "plugins"]))
	"ssh" in plugins
	not "mpi" in plugins
	count(workload.containers) > 0
	every c in workload.containers {
		training.starts_torchrun(c.container)
		not _speaks_of_ssh(c.container)
	}
	message := "the ssh plugin gives every pod a private key, and torchrun has no use for it"
}

_speaks_of_ssh(container) if {
	some word in workload.words(container)
	regex.match(`ssh|mpi|pdsh|horovodrun|deepspeed|hostfile`, word)
}
