# METADATA
# title: minReplicas of a component is at most its maxReplicas
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: lower minReplicas or raise maxReplicas
#   upstream: "'MinReplicas' cannot be greater than MaxReplicas"
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/component.go (validateReplicas)
package policies.kserve["min-replicas-within-max-replicas"]

import data.lib.kserve

findings contains {"path": path, "message": message} if {
	some component in kserve.components(input.object)
	least := component.spec.minReplicas
	most := component.spec.maxReplicas
	is_number(least)
	is_number(most)
	most > 0
	least > most
	path := array.concat(component.path, ["minReplicas"])
	message := sprintf("wants at least %v replicas of the %s and at most %v", [least, component.role, most])
}
