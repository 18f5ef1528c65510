# METADATA
# title: GPU jobs go through a queue where there is one
# custom:
#   class: regretted
#   severity: error
#   kinds:
#     - kueue.x-k8s.io/LocalQueue
#     - batch/Job
#     - jobset.x-k8s.io/JobSet
#     - kubeflow.org/PyTorchJob
#     - kubeflow.org/TFJob
#     - kubeflow.org/MPIJob
#     - kubeflow.org/XGBoostJob
#     - kubeflow.org/JAXJob
#     - ray.io/RayJob
#     - ray.io/RayCluster
#   remedy: add the label kueue.x-k8s.io/queue-name with the name of a LocalQueue of the namespace
#   across: true
#   sources:
#     - kueue v0.19.2 pkg/controller/constants/constants.go (QueueLabel, DefaultLocalQueueName)
package policies.kueue["gpu-jobs-name-a-queue"]

import data.lib.kind
import data.lib.kueue
import data.lib.objects
import data.lib.quota
import data.lib.workload

findings contains {"object": job.index, "path": ["metadata", "labels", kueue.queue_label], "message": message} if {
	some job in objects.of_kinds(kueue.job_kinds)
	not kueue.queue_name(job.object)
	namespace := kind.namespace(job.object)
	queues := quota.local_queues[namespace]
	not "default" in queues # Kueue puts jobs without a label there
	not kueue.is_owned(job.object)
	_wants_gpus(job.object)
	message := sprintf("wants GPUs, but %s; namespace %s has %s", [
		_names_none(job.object),
		namespace,
		quota.local_queues_listed[namespace],
	])
}

_wants_gpus(job) if {
	some container in workload.containers_of(job)
	container.gpus > 0
}

_names_none(job) := "names its queue in an annotation, which Kueue does not read" if {
	kind.annotations(job)[kueue.queue_label]
} else := "names no queue"
