# METADATA
# title: torchrun waits for as many nodes as the job starts
# custom:
#   class: regretted
#   severity: error
#   kinds:
#     - batch.volcano.sh/Job
#     - kubeflow.org/PyTorchJob
#     - batch/Job
#     - batch/CronJob
#     - jobset.x-k8s.io/JobSet
#     - leaderworkerset.x-k8s.io/LeaderWorkerSet
#   mentions: [nnodes]
#   looks_at: [words]
#   remedy: make --nnodes and the number of pods equal
#   sources:
#     - 'pytorch torch/distributed/run.py (--nnodes: the group starts when the least number has joined, and takes no more than the greatest)'
#     - training-operator v1.9.4 pkg/controller.v1/pytorch/envvar.go (flags win over PET_NNODES)
package policies.training["torchrun-waits-for-the-nodes-that-start"]

import data.lib.kind
import data.lib.training
import data.lib.workload

findings contains {"path": workload.flag_path(c, "--nnodes"), "message": message} if {
	training.counted(input.object)
	kind.at(input.object, ["spec", "elasticPolicy"]) == null
	some c in training.launches
	nnodes := training.nnodes(c.container)
	nnodes > 1
	sizes := _group_sizes(c)
	not _fits(nnodes, sizes)
	message := sprintf("waits for %v nodes, the job starts %v", [nnodes, max(sizes)])
}

# How many pods may belong to one group: all that run torchrun, or those of one template where others have their own.
_group_sizes(c) := _completions(c) | {c.pod.replicas, sum([pod.replicas | some pod in _launching_pods])} if {
	not input.object.kind in {"LeaderWorkerSet", "PyTorchJob"}
}

# A Job runs no more pods at once than it still has to complete.
_completions(c) := {completions |
	completions := kind.at(input.object, array.concat(array.slice(c.pod.path, 0, count(c.pod.path) - 2), ["completions"]))
	is_number(completions)
}

_group_sizes(_) := {training.pods(input.object)} if kind.of(input.object) == "kubeflow.org/PyTorchJob"

_group_sizes(_) := {size} if {
	kind.of(input.object) == "leaderworkerset.x-k8s.io/LeaderWorkerSet"
	size := object.get(input.object, ["spec", "leaderWorkerTemplate", "size"], 1)
	is_number(size)
}

_launching_pods := {c.pod | some c in training.launches}

_fits(nnodes, sizes) if nnodes in sizes

# Jobs and JobSets may hold several groups side by side.
_fits(nnodes, sizes) if {
	input.object.kind in {"Job", "CronJob", "JobSet"}
	not startswith(input.object.apiVersion, "batch.volcano.sh/")
	some size in sizes
	size > 0
	size <= 1000000 # beyond, numbers are no whole ones to every engine
	size == floor(size)
	size % nnodes == 0
}
