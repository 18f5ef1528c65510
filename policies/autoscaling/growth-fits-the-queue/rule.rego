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
import data.lib.objects
import data.lib.quota
import data.lib.serving

_gpu := "nvidia.com/gpu"

# What each workload that can be scaled asks for: GPUs of a replica, and how many its queue can ever have.
_growing[key] contains {"each": each, "quota": available} if {
	some server in objects.of_kinds({"apps/Deployment", "apps/StatefulSet"})
	available := quota.most[[quota.cluster_queue(server.object), _gpu]]
	each := sum([serving.whole_gpus(c) | some c in kind.items(server.object, ["spec", "template", "spec", "containers"]); is_object(c)])
	each > 0
	key := autoscaling.scalable(server.object)
}

findings contains {"object": scaler.index, "path": ["spec", _field[scaler.object.kind]], "message": message} if {
	some scaler in objects.of_kinds(autoscaling.scalers)
	most := autoscaling.replicas_at_most(scaler.object)
	is_number(most)
	some server in _growing[autoscaling.scaled(scaler.object)]
	most * server.each > server.quota
	message := sprintf("may start %v replicas with %v GPUs each, and the queue has %v GPUs", [most, server.each, server.quota])
}

_field := {"HorizontalPodAutoscaler": "maxReplicas", "ScaledObject": "maxReplicaCount"}
