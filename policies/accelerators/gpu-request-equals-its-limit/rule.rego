# METADATA
# title: A GPU request equals its limit
# custom:
#   class: rejected
#   severity: error
#   kinds: [pods]
#   mentions: [nvidia.com/, amd.com/gpu, gpu.intel.com/]
#   remedy: "write the number once, under limits: the request is then the same"
#   upstream: must be equal to
#   sources:
#     - kubernetes v1.35.4 pkg/apis/core/validation/validation.go (validateResourceRequirements)
package policies.accelerators["gpu-request-equals-its-limit"]

import data.lib.quantity
import data.lib.workload

findings contains {"path": array.concat(ask.c.path, ["resources", "requests", ask.name]), "message": message} if {
	some ask in workload.asks
	ask.field == "requests"
	limit := ask.c.container.resources.limits[ask.name]
	quantity.number(ask.amount) != quantity.number(limit)
	message := sprintf("requests %v %s with a limit of %v", [ask.amount, ask.name, limit])
}
