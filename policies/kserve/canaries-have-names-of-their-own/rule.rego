# METADATA
# title: Each canary has a name that no other predictor of the service has
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: set spec.canary[].predictor.name, another one in each entry
#   upstream: "predictor.name"
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/inference_service_validation.go (validateCanarySpecs)
package policies.kserve["canaries-have-names-of-their-own"]

import data.lib.kserve

findings contains {"path": ["spec", "canary", i, "predictor"], "message": message} if {
	some i, canary in kserve.canaries(input.object)
	is_object(canary.predictor)
	object.get(canary.predictor, "name", "") == ""
	message := sprintf("leaves canary %v without a name", [i])
}

findings contains {"path": ["spec", "canary", i, "predictor", "name"], "message": message} if {
	names := [object.get(canary, ["predictor", "name"], "") | some canary in kserve.canaries(input.object)]
	some i, name in names
	name != ""
	name in array.concat(array.slice(names, 0, i), _stable)
	message := sprintf("calls canary %v %s, as another predictor is called", [i, name])
}

_stable := [name | name := input.object.spec.predictor.name]
