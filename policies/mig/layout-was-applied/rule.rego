# METADATA
# title: The layout of a node was applied
# custom:
#   class: regretted
#   severity: error
#   kinds: [Node]
#   remedy: read the log of the node's nvidia-mig-manager pod, drain the node, and set the label anew
#   sources:
#     - mig-parted v0.15.0 (bd7160f) deployments/container/reconfigure-mig.sh (nvidia.com/mig.config.state)
package policies.mig["layout-was-applied"]

import data.lib.kind

_state := "nvidia.com/mig.config.state"

findings contains {"path": ["metadata", "labels", _state], "message": message} if {
	labels := kind.labels(input.object)
	labels[_state] == "failed"
	message := sprintf("layout %s was not applied", [object.get(labels, "nvidia.com/mig.config", "(none)")])
}
