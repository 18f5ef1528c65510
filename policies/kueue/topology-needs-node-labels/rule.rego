# METADATA
# title: A flavor with a topology names its nodes
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/ResourceFlavor]
#   remedy: name at least one label of the nodes in spec.nodeLabels
#   upstream: at least one nodeLabel is required when topology is set
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/resourceflavor_types.go (CEL rule of ResourceFlavorSpec)
package policies.kueue["topology-needs-node-labels"]

import data.lib.kind

findings contains {"path": ["spec", "topologyName"], "message": message} if {
	topology := input.object.spec.topologyName
	topology != null
	count(kind.mapping(input.object, ["spec", "nodeLabels"])) == 0
	message := sprintf("has topology %s, but names no label of its nodes", [topology])
}
