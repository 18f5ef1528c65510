# METADATA
# title: Every GPU of a training pod has a process
# custom:
#   class: advice
#   severity: warning
#   kinds: [pods, trainer.kubeflow.org/TrainJob]
#   mentions: [nproc, numProcPerNode]
#   looks_at: [words]
#   remedy: start one process per GPU, or ask for fewer GPUs
#   sources:
#     - pytorch torch/distributed/run.py (--nproc-per-node)
package policies.training["every-gpu-has-a-process"]

import data.lib.training

findings contains {"path": started.path, "message": message} if {
	some started in training.process_counts_here
	started.processes < started.gpus
	message := sprintf("of the %v GPUs of a pod only %v get a process", [started.gpus, started.processes])
}
