# METADATA
# title: A canary of KServe is written in fields, not in annotations
# custom:
#   class: regretted
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   looks_at: [annotations]
#   remedy: write spec.predictor.canaryTrafficPercent (Knative mode) or spec.canary (Standard mode)
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/component.go (canaryTrafficPercent)
#     - kserve v0.20.0 pkg/constants/constants.go (no annotation of this name)
package policies.kserve["canary-settings-are-fields"]

import data.lib.kind

findings contains {"path": array.concat(place.path, [name]), "message": message} if {
	some place in _places
	some name, _ in kind.mapping(input.object, place.path)
	regex.match(`(?i)^serving\.kserve\.io/(canary|traffic)[a-z-]*$`, name)
	message := sprintf("sets %s, an annotation that KServe does not know: all traffic goes on as before", [name])
}

_places := [
	{"path": ["metadata", "annotations"]},
	{"path": ["spec", "predictor", "annotations"]},
	{"path": ["spec", "transformer", "annotations"]},
]
