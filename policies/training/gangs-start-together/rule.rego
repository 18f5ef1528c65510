# METADATA
# title: Pods that train together start together
# custom:
#   class: regretted
#   severity: warning
#   kinds:
#     - kubeflow.org/PyTorchJob
#     - kubeflow.org/MPIJob
#     - kubeflow.org/JAXJob
#     - batch/Job
#     - jobset.x-k8s.io/JobSet
#   mentions: [nnodes, PyTorchJob, MPIJob, JAXJob]
#   looks_at: [annotations, labels, words]
#   remedy: queue the job with Kueue (label kueue.x-k8s.io/queue-name) or give its pods a scheduler that knows gangs
#   sources:
#     - training-operator v1.9.4 pkg/apis/kubeflow.org/v1/common_types.go (SchedulingPolicy)
#     - kueue v0.19.2 pkg/controller/constants/constants.go (QueueLabel)
package policies.training["gangs-start-together"]

import data.lib.kind
import data.lib.training
import data.lib.workload

findings contains {"path": ["metadata", "labels"], "message": message} if {
	training.counted(input.object)
	training.is_distributed(input.object)
	count(workload.gpu_containers) > 0
	kind.at(input.object, ["spec", "elasticPolicy"]) == null
	not _is_gang
	message := sprintf("its %v pods start one by one, as GPUs come free", [training.pods(input.object)])
}

# A queue, a pod group or a gang by any of their names.
_is_gang if {
	some metadata in array.concat([kind.mapping(input.object, ["metadata"])], [pod.metadata | some pod in workload.pods])
	some field in ["labels", "annotations"]
	some key in object.keys(kind.mapping(metadata, [field]))
	regex.match(`queue|pod-?group|group-name|gang`, key)
}

_is_gang if {
	some pod in workload.pods
	not object.get(pod.spec, "schedulerName", null) in {null, "", "default-scheduler"}
}

_is_gang if {
	some pod in workload.pods
	some field in ["schedulingGroup", "schedulingGates", "workloadRef"]
	object.get(pod.spec, field, null) != null
}

_is_gang if kind.at(input.object, ["spec", "runPolicy", "schedulingPolicy"]) != null

# Whoever lets it go decides when.
_is_gang if input.object.spec.suspend == true

_is_gang if input.object.spec.runPolicy.suspend == true

_is_gang if is_string(input.object.spec.managedBy)

_is_gang if is_string(input.object.spec.runPolicy.managedBy)
