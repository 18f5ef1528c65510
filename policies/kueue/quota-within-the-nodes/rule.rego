# METADATA
# title: Queues hand out no more GPUs than the nodes have
# custom:
#   class: regretted
#   severity: warning
#   kinds: [kueue.x-k8s.io/ClusterQueue, kueue.x-k8s.io/Cohort, kueue.x-k8s.io/ResourceFlavor]
#   remedy: lower the quotas until their sum is what the nodes of the flavor have
#   facts: [nodes]
#   across: true
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go (nominalQuota)
package policies.kueue["quota-within-the-nodes"]

import data.lib.kind
import data.lib.kueue
import data.lib.mig

_gpu := "nvidia.com/gpu"

findings contains {"object": flavor.index, "path": ["spec", "nodeLabels"], "message": message} if {
	some flavor in kind.all({"kueue.x-k8s.io/ResourceFlavor"})
	name := kind.name(flavor.object)
	promised := _promised(name)
	available := _available(flavor.object)
	promised > available
	message := sprintf("queues hand out %v %s of %s, its nodes have %v", [promised, _gpu, name, available])
}

findings contains {"object": flavor.index, "path": ["spec", "nodeLabels"], "message": "the nodes are not known"} if {
	not data.facts.nodes
	some flavor in kind.all({"kueue.x-k8s.io/ResourceFlavor"})
	_promised(kind.name(flavor.object)) > 0
}

_promised(flavor) := sum([quota |
	some queue in kind.all({"kueue.x-k8s.io/ClusterQueue", "kueue.x-k8s.io/Cohort"})
	quota := kueue.limit(queue.object, flavor, _gpu, "nominalQuota")
])

# Undefined where no node has the labels (an autoscaler may make them) or one does not say how many GPUs it has.
_available(flavor) := sum(counts) if {
	labels := kind.mapping(flavor, ["spec", "nodeLabels"])
	count(labels) > 0
	nodes := mig.nodes(labels)
	counts := [n | some node in nodes; n := mig.gpu_count(node)]
	count(counts) > 0
	count(counts) == count(nodes)
}
