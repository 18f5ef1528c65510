# METADATA
# title: A GPU request has a limit
# custom:
#   class: rejected
#   severity: error
#   kinds: [pods]
#   mentions: [nvidia.com/, amd.com/gpu, gpu.intel.com/]
#   remedy: move the number from requests to limits
#   upstream: Limit must be set for non overcommitable resources
#   sources:
#     - kubernetes v1.35.4 pkg/apis/core/validation/validation.go (validateResourceRequirements)
package policies.accelerators["gpu-request-has-a-limit"]

import data.lib.kind
import data.lib.workload

findings contains {"path": array.concat(ask.c.path, ["resources", "requests", ask.name]), "message": message} if {
	workload.is_complete(input.object)
	some ask in workload.asks
	ask.field == "requests"
	not ask.name in object.keys(kind.mapping(ask.c.container, ["resources", "limits"]))
	message := sprintf("requests %v %s without a limit", [ask.amount, ask.name])
}
