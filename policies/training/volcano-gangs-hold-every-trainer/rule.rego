# METADATA
# title: A gang holds every pod that trains in step
# custom:
#   class: regretted
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   looks_at: [words]
#   remedy: set spec.minAvailable to the number of pods that train together, or leave it out
#   fixable: true
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/mutate/mutate_job.go (patchDefaultMinAvailable, mutateSpec)
#     - volcano v1.14.1 pkg/controllers/job/plugins/distributed-framework/pytorch/pytorch.go (getTotalReplicas)
package policies.training["volcano-gangs-hold-every-trainer"]

import data.lib.kind
import data.lib.training
import data.lib.volcano
import data.lib.workload

findings contains {"path": ["spec", "minAvailable"], "message": message, "fix": fix} if {
	enough := input.object.spec.minAvailable
	is_number(enough)
	enough > 0
	together := volcano.pods([task | some task in volcano.tasks(input.object); _in_step(task)])
	enough < together
	not _deliberate
	fix := {"path": ["spec", "minAvailable"], "value": together}
	message := sprintf("starts as soon as %v of the %v pods that train in step have room", [enough, together])
}

# The plugins count the pods of their two tasks: none may be missing.
_in_step(task) if {
	some plugin in ["pytorch", "mpi"]
	volcano.plugins(input.object)[plugin]
	some role in ["master", "worker"]
	task.name == volcano.argument(input.object, plugin, role, role)
}

_in_step(task) if {
	some container in kind.items(task, ["template", "spec", "containers"])
	training.starts_torchrun(container)
	training.nnodes(container) > 1
}

# Who writes down how few may do, or an order of start, has thought about it.
_deliberate if {
	some task in volcano.tasks(input.object)
	some field in ["dependsOn", "partitionPolicy"]
	object.get(task, field, null) != null
}

# All of a task's replicas is what Volcano's webhook writes where nobody wrote anything.
_deliberate if {
	some task in volcano.tasks(input.object)
	few := object.get(task, "minAvailable", null)
	few != null
	few != volcano.replicas(task)
}

_deliberate if {
	some c in workload.containers
	some token in workload.tokens(c.container)
	regex.match(`^--nnodes=\S+:|^--(min-np|min-num-proc)`, token)
}

_deliberate if {
	some c in workload.containers
	contains(workload.flag(c.container, "--nnodes"), ":")
}
