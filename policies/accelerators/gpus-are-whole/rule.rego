# METADATA
# title: GPUs are asked for in whole numbers
# custom:
#   class: rejected
#   severity: error
#   kinds: [pods]
#   mentions: [nvidia.com/, amd.com/gpu, gpu.intel.com/]
#   remedy: ask for a whole number; for a part of a GPU use MIG, time-slicing or MPS
#   upstream: must be an integer
#   sources:
#     - kubernetes v1.35.4 pkg/apis/core/validation/validation.go (ValidateResourceQuantityValue)
package policies.accelerators["gpus-are-whole"]

import data.lib.quantity
import data.lib.workload

# A request beside the limit is the same mistake once more.
findings contains {"path": array.concat(ask.c.path, ["resources", ask.field, ask.name]), "message": message} if {
	some ask in workload.asks
	number := quantity.number(ask.amount)
	number != floor(number)
	message := sprintf("asks for %v %s", [ask.amount, ask.name])
}
