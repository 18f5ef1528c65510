# METADATA
# title: A predictor is served in exactly one way
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: keep the model, or the container called kserve-container, and take the other one out
#   upstream: "exactly one of ["
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/predictor.go (GetImplementations)
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/inference_service_defaults.go (setPredictorModelDefaults)
package policies.kserve["predictors-have-one-implementation"]

import data.lib.kind

_formats := [
	"sklearn", "xgboost", "tensorflow", "pytorch", "triton", "onnx", "huggingface", "pmml", "lightgbm", "paddle",
]

# One old format beside model replaces it without a word: that is accepted, and not reported here.
findings contains {"path": ["spec", "predictor"], "message": message} if {
	predictor := input.object.spec.predictor
	named := [format | some format in _formats; is_object(predictor[format])]
	models := [field | some field in ["model"]; is_object(predictor[field])]
	own := [c.name | some c in kind.items(predictor, ["containers"]); c.name == "kserve-container"]
	(max([min([count(named), 1]), count(models)]) + max([count(named) - 1, 0])) + count(own) > 1
	message := sprintf("is served in several ways: %s", [concat(", ", array.concat(array.concat(models, named), own))])
}
