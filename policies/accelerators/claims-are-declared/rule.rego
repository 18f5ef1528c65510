# METADATA
# title: A container uses claims that its pod declares
# custom:
#   class: rejected
#   severity: error
#   kinds: [pods]
#   mentions: [claims]
#   remedy: declare the claim under spec.resourceClaims of the pod, with the same name
#   upstream: must be one of the names in pod.spec.resourceClaims
#   sources:
#     - kubernetes v1.35.4 pkg/apis/core/validation/validation.go (validateResourceClaimNames)
package policies.accelerators["claims-are-declared"]

import data.lib.kind
import data.lib.workload

findings contains {"path": path, "message": message} if {
	workload.is_complete(input.object)
	some c in workload.containers
	declared := {claim.name | some claim in kind.items(c.pod.spec, ["resourceClaims"]); is_string(claim.name)}
	some i, claim in kind.items(c.container, ["resources", "claims"])
	is_string(claim.name)
	not claim.name in declared
	path := array.concat(c.path, ["resources", "claims", i, "name"])
	message := sprintf("uses claim %s, the pod declares %s", [claim.name, _names(declared)])
}

_names(declared) := concat(", ", sort(declared)) if count(declared) > 0

_names(declared) := "none" if count(declared) == 0
