package policies.kserve["predictors-have-one-implementation_test"]

import data.policies.kserve["predictors-have-one-implementation"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_predictor(fields) := _isvc({}, {"predictor": fields})

_own := {"containers": [{"name": "kserve-container"}]}

test_a_model_and_a_container if count(rule.findings) == 1 with input as _predictor(object.union({"model": {}}, _own))

test_two_formats if count(rule.findings) == 1 with input as _predictor({"sklearn": {}, "xgboost": {}})

test_one_of_them if {
	count(rule.findings) == 0 with input as _predictor({"model": {}})
	count(rule.findings) == 0 with input as _predictor(_own)
	count(rule.findings) == 0 with input as _predictor({"huggingface": {}})
}

test_a_sidecar_beside_a_model if {
	count(rule.findings) == 0 with input as _predictor({"model": {}, "containers": [{"name": "proxy"}]})
}

test_a_format_replaces_the_model if count(rule.findings) == 0 with input as _predictor({"model": {}, "sklearn": {}})

test_a_format_that_is_null if count(rule.findings) == 0 with input as _predictor({"model": {}, "sklearn": null})
