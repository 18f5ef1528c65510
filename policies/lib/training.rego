# METADATA
# title: How training programs are started
package lib.training

import data.lib.kind
import data.lib.workload

# Containers that start torchrun, once: of two commands in one script it is open which words belong to which.
launches := {c |
	some c in workload.containers
	not c.init
	count(_starts(c.container)) == 1
}

starts_torchrun(container) if count(_starts(container)) > 0

_starts(container) := [token |
	is_object(container)
	some token in workload.tokens(container)
	contains(token, "torch")
	regex.match(`(^|/)torchrun$|^torch\.distributed\.(run|launch)$`, token)
]

# The whole number that one of several spellings of a flag is set to; undefined where it is anything else.
number(container, flags) := to_number(text) if {
	given := workload.tokens(container)
	values := {trim(value, `"'`) | some flag in flags; value := workload.flag_in(given, flag)}
	count(values) == 1
	some text in values
	regex.match(`^[0-9]+$`, text)
}

nnodes(container) := number(container, {"--nnodes"})

# Programs that start several processes: {"path", "processes", "gpus"}, where both numbers are known.
process_counts := [found |
	some c in launches
	c.gpus > 0
	found := {
		"path": workload.flag_path(c, "--nproc"),
		"processes": number(c.container, {"--nproc_per_node", "--nproc-per-node"}),
		"gpus": c.gpus,
	}
]

process_counts_by_field(object) := [found |
	kind.of(object) == "kubeflow.org/PyTorchJob"
	is_string(object.spec.nprocPerNode)
	regex.match(`^[0-9]+$`, object.spec.nprocPerNode)
	some c in workload.containers_of(object)
	not c.init
	c.container.name == "pytorch"
	not gives_processes(c.container)
	found := {
		"path": ["spec", "nprocPerNode"],
		"processes": to_number(object.spec.nprocPerNode),
		"gpus": c.gpus,
	}
	found.gpus > 0
]

process_counts_by_trainer(object) := [found |
	kind.of(object) == "trainer.kubeflow.org/TrainJob"
	is_number(object.spec.trainer.numProcPerNode)
	found := {
		"path": ["spec", "trainer", "numProcPerNode"],
		"processes": object.spec.trainer.numProcPerNode,
		"gpus": workload.gpus({"resources": object.spec.trainer.resourcesPerNode}),
	}
	found.gpus > 0
]

# Of the object that is judged: several policies ask.
process_counts_here := array.concat(
	process_counts,
	array.concat(process_counts_by_field(input.object), process_counts_by_trainer(input.object)),
)

gives_processes(container) if {
	some word in workload.words(container)
	contains(word, "--nproc")
}

gives_processes(container) if workload.has_env(container, "PET_NPROC_PER_NODE")

# All numbers of pods are written out, none is a placeholder of a template.
counted(object) if {
	open := [path |
		walk(object.spec, [path, value])
		count(path) > 0
		path[count(path) - 1] in {"replicas", "parallelism", "completions", "size"}
		is_string(value)
	]
	count(open) == 0
}

# Pods of all templates together.
pods(object) := sum([pod.replicas | some pod in workload.pods_of(object)])

# Distributed for certain: an operator for it, or torchrun on more than one node.
is_distributed(object) if {
	kind.of(object) in {"kubeflow.org/PyTorchJob", "kubeflow.org/MPIJob", "kubeflow.org/JAXJob"}
	pods(object) > 1
}

is_distributed(object) if {
	pods(object) > 1
	some c in launches
	nnodes(c.container) > 1
}
