# METADATA
# title: The canaries of a service take at most all of its traffic
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: lower trafficPercent until the sum is at most 100
#   upstream: "sum of canary trafficPercent values"
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/inference_service_validation.go (validateCanarySpecs)
package policies.kserve["canaries-share-one-hundred-percent"]

import data.lib.kserve

findings contains {"path": ["spec", "canary"], "message": message} if {
	shares := [share | some canary in kserve.canaries(input.object); share := canary.trafficPercent; is_number(share)]
	sum(shares) > 100
	every share in shares {
		share <= 100
	}
	message := sprintf("gives the canaries %v %% of the traffic in all", [sum(shares)])
}
