# METADATA
# title: A job names a queue of its namespace
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
#   remedy: name a LocalQueue of the job's own namespace, or add one there
#   across: true
#   sources:
#     - kueue v0.19.2 pkg/controller/constants/constants.go (QueueLabel)
#     - kueue v0.19.2 apis/kueue/v1beta2/localqueue_types.go
package policies.kueue["jobs-name-a-queue-that-exists"]

import data.lib.kind
import data.lib.kueue
import data.lib.objects
import data.lib.quota

# A namespace without a single LocalQueue in the input may have them elsewhere.
findings contains {"object": job.index, "path": ["metadata", "labels", kueue.queue_label], "message": message} if {
	some job in objects.of_kinds(kueue.job_kinds)
	named := kueue.queue_name(job.object)
	namespace := kind.namespace(job.object)
	queues := quota.local_queues[namespace]
	not named in queues
	message := sprintf("names queue %s, but namespace %s has %s", [named, namespace, quota.local_queues_listed[namespace]])
}
