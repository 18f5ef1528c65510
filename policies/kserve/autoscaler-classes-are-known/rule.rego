# METADATA
# title: The autoscaler class is one that KServe knows
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   looks_at: [words]
#   remedy: write hpa, keda, external or none; Knative's autoscaler needs no class
#   upstream: is not a supported autoscaler class type
#   sources:
#     - kserve v0.20.0 pkg/constants/constants.go (AutoscalerAllowedClassList)
package policies.kserve["autoscaler-classes-are-known"]

import data.lib.kserve

findings contains {"path": ["metadata", "annotations", "serving.kserve.io/autoscalerClass"], "message": message} if {
	class := kserve.autoscaler_class(input.object)
	is_string(class)
	not class in {"", "hpa", "keda", "external", "none"}
	message := sprintf("asks for the autoscaler class %s", [class])
}
