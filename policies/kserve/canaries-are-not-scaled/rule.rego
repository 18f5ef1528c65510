# METADATA
# title: Canaries have a fixed number of replicas
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: take the autoscaling fields out of the canary, and keep minReplicas where the number matters
#   upstream: "(canary uses fixed replicas)"
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/inference_service_validation.go (validateCanarySpecs)
package policies.kserve["canaries-are-not-scaled"]

import data.lib.kserve

findings contains {"path": ["spec", "canary", i, "predictor", field], "message": message} if {
	some i, canary in kserve.canaries(input.object)
	some field in ["maxReplicas", "scaleTarget", "scaleMetric", "autoScaling"]
	set := object.get(canary, ["predictor", field], null)
	not set in [null, 0]
	message := sprintf("sets %s for the canary %s, whose replicas are fixed", [field, canary.predictor.name])
}
