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

import data.lib.kind
import data.lib.quantity
import data.lib.workload

findings contains {"path": array.concat(c.path, ["resources", "requests", name]), "message": message} if {
	some c in workload.containers
	limits := kind.mapping(c.container, ["resources", "limits"])
	some name, request in kind.mapping(c.container, ["resources", "requests"])
	workload.is_accelerator(name)
	quantity.number(request) != quantity.number(limits[name])
	message := sprintf("requests %v %s with a limit of %v", [request, name, limits[name]])
}
