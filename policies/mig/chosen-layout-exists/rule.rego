# METADATA
# title: The layout that a node chooses exists
# custom:
#   class: regretted
#   severity: error
#   kinds: [Node, ConfigMap, nvidia.com/ClusterPolicy]
#   remedy: label the node with a layout of the ConfigMap that the ClusterPolicy names
#   across: true
#   sources:
#     - gpu-operator v26.7.0 (a22dbf6) api/nvidia/v1/clusterpolicy_types.go (migManager.config)
#     - mig-parted v0.15.0 (bd7160f) deployments/container/reconfigure-mig.sh
package policies.mig["chosen-layout-exists"]

import data.lib.kind
import data.lib.mig
import data.lib.objects

_label := "nvidia.com/mig.config"

_named := {policy.object.spec.migManager.config.name | some policy in objects.of_kind["nvidia.com/ClusterPolicy"]}

# Only where the ClusterPolicy names a ConfigMap, and that stands in the input: the operator also has one of its own.
_layouts := {layout |
	some config in objects.of_kind.ConfigMap
	kind.name(config.object) in _named
	some file in mig.layout_files(config.object)
	some layout, _ in kind.mapping(file.spec, ["mig-configs"])
}

_there_are := objects.listed(_layouts)

findings contains {"object": node.index, "path": ["metadata", "labels", _label], "message": message} if {
	count(_layouts) > 0
	some node in objects.of_kind.Node
	chosen := kind.labels(node.object)[_label]
	not chosen in _layouts
	message := sprintf("there is no layout %s; there are %s", [chosen, _there_are])
}
