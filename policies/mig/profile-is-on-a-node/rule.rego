# METADATA
# title: A pod asks for a MIG profile that a node gives out
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [nvidia.com/mig-]
#   remedy: apply a layout with this profile to a node, with mig.strategy mixed
#   facts: [nodes]
#   sources:
#     - k8s-device-plugin v0.20.0 (1b826ac) README.md (labels nvidia.com/mig-*.count)
package policies.mig["profile-is-on-a-node"]

import data.lib.mig
import data.lib.quantity
import data.lib.workload

findings contains {"path": array.concat(c.path, ["resources", "limits", resource]), "message": message} if {
	some c in workload.containers
	some resource, number in mig.resources(c.container)
	quantity.number(number) > 0
	largest := _largest(trim_suffix(resource, ".shared"), workload.node_selector(c.pod))
	quantity.number(number) > largest
	message := sprintf("wants %v %s, the nodes that it may go to have at most %v", [number, resource, largest])
}

_largest(resource, selector) := max(array.concat([0], [n |
	some node in mig.nodes(selector)
	n := to_number(node[sprintf("%s.count", [resource])]) * _replicas(resource, node)
]))

_replicas(resource, node) := to_number(object.get(node, sprintf("%s.replicas", [resource]), "1"))
