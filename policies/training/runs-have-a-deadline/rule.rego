# METADATA
# title: A run on GPUs has a deadline
# custom:
#   class: advice
#   severity: info
#   kinds:
#     - batch/Job
#     - batch/CronJob
#     - kubeflow.org/PyTorchJob
#     - jobset.x-k8s.io/JobSet
#     - trainer.kubeflow.org/TrainJob
#   remedy: set activeDeadlineSeconds to the longest time that the run may take
#   sources:
#     - kubernetes batch/v1 JobSpec.activeDeadlineSeconds
#     - training-operator v1.9.4 pkg/apis/kubeflow.org/v1/common_types.go (RunPolicy)
#     - trainer v2.2.1 pkg/apis/trainer/v1alpha1/trainjob_types.go
package policies.training["runs-have-a-deadline"]

import data.lib.kind
import data.lib.workload

findings contains {"path": _place[kind.of(input.object)], "message": "may hold its GPUs for ever when it hangs"} if {
	_has_gpus
	not _ends
}

_place := {
	"batch/Job": ["spec", "activeDeadlineSeconds"],
	"batch/CronJob": ["spec", "jobTemplate", "spec", "activeDeadlineSeconds"],
	"kubeflow.org/PyTorchJob": ["spec", "runPolicy", "activeDeadlineSeconds"],
	"jobset.x-k8s.io/JobSet": ["spec", "replicatedJobs"],
	"trainer.kubeflow.org/TrainJob": ["spec", "activeDeadlineSeconds"],
}

_has_gpus if count(workload.gpu_containers) > 0

_has_gpus if workload.gpus({"resources": input.object.spec.trainer.resourcesPerNode}) > 0

# Anywhere will do: of the run, of one of its jobs, of its pods.
_ends if {
	walk(input.object, [path, value])
	count(path) > 0
	path[count(path) - 1] == "activeDeadlineSeconds"
	value != null
}
