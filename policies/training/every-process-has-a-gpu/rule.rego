# METADATA
# title: Every training process has a GPU of its own
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods, trainer.kubeflow.org/TrainJob]
#   mentions: [nproc, numProcPerNode]
#   looks_at: [words]
#   remedy: ask for as many GPUs as processes start on a node, or start fewer
#   sources:
#     - pytorch torch/distributed/run.py (--nproc-per-node)
#     - training-operator v1.9.4 pkg/controller.v1/pytorch/envvar.go (PET_NPROC_PER_NODE)
#     - trainer v2.2.1 pkg/runtime/framework/plugins/torch/torch.go
package policies.training["every-process-has-a-gpu"]

import data.lib.training

findings contains {"path": started.path, "message": message} if {
	some started in training.process_counts_here
	started.processes > started.gpus
	message := sprintf("starts %v processes in a pod that has %v GPUs", [started.processes, started.gpus])
}
