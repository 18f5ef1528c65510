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

import data.lib.kind
import data.lib.quantity
import data.lib.workload

# A request beside the limit is the same mistake once more.
findings contains {"path": array.concat(c.path, ["resources", field, name]), "message": message} if {
	some c in workload.containers
	some field in ["limits", "requests"]
	some name, amount in kind.mapping(c.container, ["resources", field])
	workload.is_accelerator(name)
	number := quantity.number(amount)
	number != floor(number)
	message := sprintf("asks for %v %s", [amount, name])
}
