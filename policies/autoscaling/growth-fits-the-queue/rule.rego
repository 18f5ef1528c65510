# METADATA
# title: The queue has GPUs for as many replicas as the autoscaler may start
# custom:
#   class: regretted
#   severity: warning
#   kinds:
#     - autoscaling/HorizontalPodAutoscaler
#     - keda.sh/ScaledObject
#     - apps/Deployment
#     - apps/StatefulSet
#     - kueue.x-k8s.io/LocalQueue
#     - kueue.x-k8s.io/ClusterQueue
#   across: true
#   remedy: lower maxReplicas, or raise the quota
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go (nominalQuota, borrowingLimit)
package policies.autoscaling["growth-fits-the-queue"]

import data.lib.autoscaling
import data.lib.kind
import data.lib.kueue
import data.lib.serving

findings contains {"object": scaler.index, "path": ["spec", _field[scaler.object.kind]], "message": message} if {
	some scaler in kind.all(autoscaling.scalers)
	some server in kind.all({"apps/Deployment", "apps/StatefulSet"})
	autoscaling.scaled(scaler.object) == autoscaling.scalable(server.object)
	each := sum([serving.whole_gpus(c) | some c in kind.items(server.object, ["spec", "template", "spec", "containers"]); is_object(c)])
	each > 0
	most := autoscaling.replicas_at_most(scaler.object)
	is_number(most)
	quota := _quota(server.object)
	most * each > quota
	message := sprintf("may start %v replicas with %v GPUs each, and the queue has %v GPUs", [most, each, quota])
}

_field := {"HorizontalPodAutoscaler": "maxReplicas", "ScaledObject": "maxReplicaCount"}

# What the queue of a workload can ever have; undefined where it may borrow without a bound, and where several have
# the queue's name.
_quota(server) := sum(most) if {
	queues := {found.object |
		some local in kind.all({"kueue.x-k8s.io/LocalQueue"})
		kind.name(local.object) == kueue.queue_name(server)
		kind.namespace(local.object) == kind.namespace(server)
		some found in kind.all({"kueue.x-k8s.io/ClusterQueue"})
		kind.name(found.object) == local.object.spec.clusterQueue
	}
	count(queues) == 1
	some queue in queues
	flavors := {place.flavor | some place in kueue.limits(queue); place.resource == "nvidia.com/gpu"}
	most := [n |
		some flavor in flavors
		n := kueue.limit(queue, flavor, "nvidia.com/gpu", "nominalQuota") + _borrowed(queue, flavor)
	]
	count(most) == count(flavors)
	count(most) > 0
}

_borrowed(queue, _) := 0 if kueue.cohort(queue) == ""

_borrowed(queue, flavor) := kueue.limit(queue, flavor, "nvidia.com/gpu", "borrowingLimit") if kueue.cohort(queue) != ""
