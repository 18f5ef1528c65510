# METADATA
# title: A pod asks for one share of a GPU
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [.shared]
#   remedy: ask for one share; for more than one GPU use whole ones
#   sources:
#     - k8s-device-plugin v0.20.0 (1b826ac) README.md (Shared Access to GPUs)
package policies.mig["shares-are-asked-for-singly"]

import data.lib.kind
import data.lib.quantity
import data.lib.workload

findings contains {"path": array.concat(c.path, ["resources", "limits", name]), "message": message} if {
	some c in workload.containers
	some name, number in kind.mapping(c.container, ["resources", "limits"])
	startswith(name, "nvidia.com/")
	endswith(name, ".shared")
	quantity.number(number) > 1
	message := sprintf("asks for %v %s, which may be shares of one GPU", [number, name])
}
