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
import data.lib.workload

# Names of the LocalQueues of each namespace.
_queues[namespace] contains kind.name(found.object) if {
	some found in kind.all({"kueue.x-k8s.io/LocalQueue"})
	namespace := kind.namespace(found.object)
}

findings contains {"object": job.index, "path": ["metadata", "labels", kueue.queue_label], "message": message} if {
	some job in kind.all(kueue.job_kinds)
	queues := _queues[kind.namespace(job.object)]
	not "default" in queues # Kueue puts jobs without a label there
	not kueue.queue_name(job.object)
	not kueue.is_owned(job.object)
	some container in workload.containers_of(job.object)
	container.gpus > 0
	message := sprintf("wants GPUs, but names no queue; namespace %s has %s", [
		kind.namespace(job.object),
		concat(", ", sort(queues)),
	])
}
