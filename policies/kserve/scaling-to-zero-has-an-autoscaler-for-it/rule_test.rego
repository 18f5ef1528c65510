package policies.kserve["scaling-to-zero-has-an-autoscaler-for-it_test"]

import data.policies.kserve["scaling-to-zero-has-an-autoscaler-for-it"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_zero := {"predictor": {"minReplicas": 0}}

_with(class) := object.union(_standard, {"serving.kserve.io/autoscalerClass": class})

test_an_hpa if {
	count(rule.findings) == 1 with input as _isvc(_standard, _zero)
	count(rule.findings) == 1 with input as _isvc(_with("hpa"), _zero)
}

test_others if {
	count(rule.findings) == 0 with input as _isvc(_with("keda"), _zero)
	count(rule.findings) == 0 with input as _isvc(_with("external"), _zero)
	count(rule.findings) == 0 with input as _isvc(_knative, _zero)
	count(rule.findings) == 0 with input as _isvc({}, _zero)
}

test_one if count(rule.findings) == 0 with input as _isvc(_standard, {"predictor": {"minReplicas": 1}})
