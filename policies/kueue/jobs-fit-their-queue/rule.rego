# METADATA
# title: A job wants no more GPUs than its queue can ever have
# custom:
#   class: regretted
#   severity: error
#   kinds:
#     - kueue.x-k8s.io/ClusterQueue
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
#   remedy: ask for fewer GPUs, raise nominalQuota or borrowingLimit, or use a larger queue
#   across: true
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go (nominalQuota, borrowingLimit)
package policies.kueue["jobs-fit-their-queue"]

import data.lib.kueue
import data.lib.objects
import data.lib.quota

findings contains {"object": job.index, "path": ["spec"], "message": message} if {
	some job in objects.of_kinds(kueue.job_kinds)
	queue := quota.cluster_queue(job.object)
	not kueue.is_elastic(job.object)
	some resource, needed in kueue.demand(job.object)
	available := quota.most[[queue, resource]]
	needed > available
	message := sprintf("wants %v %s at once, but ClusterQueue %s has at most %v", [needed, resource, queue, available])
}
