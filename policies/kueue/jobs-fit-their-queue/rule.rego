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

import data.lib.kind
import data.lib.kueue
import data.lib.workload

findings contains {"object": job.index, "path": ["spec"], "message": message} if {
	some job in kind.all(kueue.job_kinds)
	not kueue.is_elastic(job.object)
	queue := _queue(job.object)
	some resource in {name | some c in workload.containers_of(job.object); some name, _ in c.accelerators}
	needed := kueue.demand(job.object, resource)
	available := _most(queue, resource)
	needed > available
	message := sprintf("wants %v %s at once, but ClusterQueue %s has at most %v", [
		needed,
		resource,
		kind.name(queue),
		available,
	])
}

# The ClusterQueue behind the queue that a job names; undefined where several have its name.
_queue(job) := queue if {
	queues := {found.object |
		some local in kind.all({"kueue.x-k8s.io/LocalQueue"})
		kind.name(local.object) == kueue.queue_name(job)
		kind.namespace(local.object) == kind.namespace(job)
		some found in kind.all({"kueue.x-k8s.io/ClusterQueue"})
		kind.name(found.object) == local.object.spec.clusterQueue
	}
	count(queues) == 1
	some queue in queues
}

# All flavors of the queue together, each with what it may borrow. Undefined where borrowing has no bound.
_most(queue, resource) := sum(most) if {
	flavors := {place.flavor | some place in kueue.limits(queue); place.resource == resource}
	most := [n |
		some flavor in flavors
		n := kueue.limit(queue, flavor, resource, "nominalQuota") + _borrows(queue, flavor, resource)
	]
	count(most) == count(flavors)
	count(flavors) > 0
}

_borrows(queue, _, _) := 0 if kueue.cohort(queue) == ""

_borrows(queue, flavor, resource) := kueue.limit(queue, flavor, resource, "borrowingLimit") if kueue.cohort(queue) != ""
