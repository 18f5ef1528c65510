# METADATA
# title: spec.canary stands in an InferenceService in Standard mode
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: in Knative mode write spec.predictor.canaryTrafficPercent, or set the mode to Standard
#   upstream: canary is only supported in Standard deployment mode
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/inference_service_validation.go (validateCanarySpecs)
package policies.kserve["canaries-need-standard-mode"]

import data.lib.kserve

findings contains {"path": ["spec", "canary"], "message": message} if {
	count(kserve.canaries(input.object)) > 0
	kserve.mode(input.object) == "Knative"
	message := "has canaries in Knative mode, which knows canaryTrafficPercent instead"
}
