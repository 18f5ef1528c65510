# METADATA
# title: minReplicas of an autoscaler is at most its maxReplicas
# custom:
#   class: rejected
#   severity: error
#   kinds: [autoscaling/HorizontalPodAutoscaler]
#   remedy: lower minReplicas or raise maxReplicas
#   upstream: must be greater than or equal to `minReplicas`
#   sources:
#     - kubernetes v1.35.4 pkg/apis/autoscaling/validation/validation.go (validateHorizontalPodAutoscalerSpec)
package policies.autoscaling["min-replicas-within-max-replicas"]

findings contains {"path": ["spec", "maxReplicas"], "message": message} if {
	least := input.object.spec.minReplicas
	most := input.object.spec.maxReplicas
	is_number(least)
	is_number(most)
	most < least
	message := sprintf("wants at least %v replicas and at most %v", [least, most])
}
