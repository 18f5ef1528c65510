# METADATA
# title: The labels of a flavor are those of a node
# custom:
#   class: regretted
#   severity: warning
#   kinds: [kueue.x-k8s.io/ResourceFlavor]
#   remedy: "take the labels from a node: kubectl get nodes -L nvidia.com/gpu.product"
#   facts: [nodes]
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/resourceflavor_types.go (nodeLabels)
#     - k8s-device-plugin v0.20.0 README (labels of GPU Feature Discovery)
package policies.kueue["flavor-matches-a-node"]

import data.lib.kind
import data.lib.mig

findings contains {"path": ["spec", "nodeLabels"], "message": message} if {
	labels := kind.mapping(input.object, ["spec", "nodeLabels"])
	count(labels) > 0
	not _matches(labels)
	message := sprintf("no node has %s", [concat(", ", sort([text | some k, v in labels; text := sprintf("%s=%v", [k, v])]))])
}

_matches(labels) if count(mig.nodes(labels)) > 0
