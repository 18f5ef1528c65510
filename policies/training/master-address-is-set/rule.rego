# METADATA
# title: Somebody sets the master address that a command uses
# custom:
#   class: regretted
#   severity: error
#   kinds: [batch.volcano.sh/Job, kubeflow.org/PyTorchJob]
#   mentions: [MASTER_ADDR]
#   looks_at: [words]
#   remedy: 'list Volcano''s pytorch plugin, give the PyTorchJob a Master, or set MASTER_ADDR in the container''s env'
#   sources:
#     - volcano v1.14.1 pkg/controllers/job/plugins/distributed-framework/pytorch/pytorch.go
#     - training-operator v1.9.4 pkg/controller.v1/pytorch/envvar.go (setPodEnv)
package policies.training["master-address-is-set"]

import data.lib.kind
import data.lib.volcano
import data.lib.workload

findings contains {"path": workload.flag_path(c, "MASTER_ADDR"), "message": message} if {
	some c in workload.containers
	not c.init
	_uses_it(c.container)
	not workload.has_env(c.container, "MASTER_ADDR")
	count(kind.items(c.container, ["envFrom"])) == 0
	not _provided
	message := sprintf("uses MASTER_ADDR, and %v", [_why_not])
}

# $(NAME) is filled in by the kubelet, from the container's env alone; $$(NAME) is no reference.
_uses_it(container) if {
	some word in workload.words(container)
	contains(word, "$(MASTER_ADDR)")
	not contains(word, "$$(MASTER_ADDR)")
}

# A script may also set it itself, or be told by a file.
_uses_it(container) if {
	some word in workload.words(container)
	regex.match(`\$\{?MASTER_ADDR\b`, word)
	every other in workload.words(container) {
		not regex.match(`MASTER_ADDR=|MASTER_ADDR:|\bread\b|\beval\b|\bsource\b|(^|[\s;&])\. `, other)
	}
}

_provided if "pytorch" in object.keys(volcano.plugins(input.object))

_provided if kind.mapping(input.object, ["spec", "pytorchReplicaSpecs"]).Master

_why_not := "no plugin of this job sets it" if input.object.kind == "Job"

_why_not := "the operator sets it only where there is a Master" if input.object.kind == "PyTorchJob"
