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
import data.lib.objects
import data.lib.quantity

_gpu := "nvidia.com/gpu"

findings contains {"object": flavor.index, "path": ["spec", "nodeLabels"], "message": message} if {
	some flavor in objects.of_kind["kueue.x-k8s.io/ResourceFlavor"]
	name := kind.name(flavor.object)
	promised := _promised[name]
	available := _available[_labels(flavor.object)]
	promised > available
	message := sprintf("queues hand out %v %s of %s, its nodes have %v", [promised, _gpu, name, available])
}

findings contains {"object": flavor.index, "path": ["spec", "nodeLabels"], "message": "the nodes are not known"} if {
	not data.facts.nodes
	some flavor in objects.of_kind["kueue.x-k8s.io/ResourceFlavor"]
	_promised[kind.name(flavor.object)] > 0
}

# GPUs that queues and cohorts hand out, by flavor. What one of them says twice, with two numbers, is left out.
_promised[name] := sum([quota.gpus | some quota in quotas]) if some name, quotas in _quotas

_quotas[name] contains {"queue": index, "gpus": gpus} if {
	some [name, index], numbers in _written
	count(numbers) == 1
	some gpus in numbers
}

_written[key] contains quantity.number(place.value) if {
	some queue in objects.of_kinds({"kueue.x-k8s.io/ClusterQueue", "kueue.x-k8s.io/Cohort"})
	some place in kueue.limits(queue.object)
	place.resource == _gpu
	place.field == "nominalQuota"
	key := [place.flavor, queue.index]
}

_labels(flavor) := kind.mapping(flavor, ["spec", "nodeLabels"])

# GPUs of the nodes with the labels of a flavor, by these. It lacks those that no node has (an autoscaler may make them),
# and those of which one node does not say how many GPUs it has.
_available[labels] := sum(counts) if {
	some labels in {_labels(flavor.object) | some flavor in objects.of_kind["kueue.x-k8s.io/ResourceFlavor"]}
	count(labels) > 0
	nodes := mig.nodes(labels)
	counts := [n | some node in nodes; n := mig.gpu_count(node)]
	count(counts) > 0
	count(counts) == count(nodes)
}
