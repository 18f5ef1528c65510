# METADATA
# title: Topology keys are labels that nodes have
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [topologyKey]
#   remedy: use a label that the nodes carry, or label the nodes
#   facts: [nodes]
#   sources:
#     - kubernetes core/v1 TopologySpreadConstraint and PodAffinityTerm
#     - 'kubernetes well-known labels (of topology.kubernetes.io: region and zone)'
package policies.networking["topology-keys-are-labels-of-nodes"]

import data.lib.workload

# Without the nodes' labels nothing can be said: whoever has a key is looked at.
findings contains {"path": array.concat(pod.path, path), "message": message} if {
	some pod in workload.pods
	walk(pod.spec, [path, key])
	count(path) > 0
	path[count(path) - 1] == "topologyKey"
	is_string(key)
	not key in _labels
	message := sprintf("no node has the label %v: pods are placed as if this were not written, or not at all", [key])
}

_labels := {label |
	some node in data.facts.nodes
	some label in object.keys(node)
}
