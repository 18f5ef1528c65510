# METADATA
# title: Windows and periods of an autoscaler are as long as the API lets them be
# custom:
#   class: rejected
#   severity: error
#   kinds: [autoscaling/HorizontalPodAutoscaler]
#   remedy: at most 3600 for stabilizationWindowSeconds, at most 1800 for periodSeconds
#   upstream: must be less than or equal to
#   sources:
#     - kubernetes v1.35.4 pkg/apis/autoscaling/validation/validation.go (validateScalingRules, validateScalingPolicy)
package policies.autoscaling["behavior-windows-are-in-range"]

import data.lib.kind

findings contains {"path": ["spec", "behavior", way, "stabilizationWindowSeconds"], "message": message} if {
	some way in ["scaleUp", "scaleDown"]
	length := input.object.spec.behavior[way].stabilizationWindowSeconds
	is_number(length)
	length > 3600
	message := sprintf("looks back %v s, and an hour (3600 s) is the most", [length])
}

findings contains {"path": ["spec", "behavior", way, "policies", i, "periodSeconds"], "message": message} if {
	some way in ["scaleUp", "scaleDown"]
	some i, policy in kind.items(input.object, ["spec", "behavior", way, "policies"])
	length := policy.periodSeconds
	is_number(length)
	length > 1800
	message := sprintf("counts changes over %v s, and half an hour (1800 s) is the most", [length])
}
