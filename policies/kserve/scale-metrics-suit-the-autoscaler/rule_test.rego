package policies.kserve["scale-metrics-suit-the-autoscaler_test"]

import data.policies.kserve["scale-metrics-suit-the-autoscaler"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_on(metric) := {"predictor": {"scaleMetric": metric}}

_hpa := object.union(_standard, {"serving.kserve.io/autoscalerClass": "hpa"})

test_an_hpa if {
	count(rule.findings) == 1 with input as _isvc(_hpa, _on("concurrency"))
	count(rule.findings) == 0 with input as _isvc(_hpa, _on("memory"))
}

test_knatives_own if {
	count(rule.findings) == 1 with input as _isvc(_knative, _on("cpu"))
	count(rule.findings) == 0 with input as _isvc(_knative, _on("rps"))
}

test_an_hpa_under_knative if {
	annotations := object.union(_knative, {"autoscaling.knative.dev/class": "hpa.autoscaling.knative.dev"})
	count(rule.findings) == 1 with input as _isvc(annotations, _on("rps"))
	count(rule.findings) == 0 with input as _isvc(annotations, _on("cpu"))
}

test_nothing_is_checked_without_a_class if count(rule.findings) == 0 with input as _isvc(_standard, _on("rps"))

test_unknown_mode if count(rule.findings) == 0 with input as _isvc({}, _on("cpu"))

test_a_word_that_the_schema_refuses if count(rule.findings) == 0 with input as _isvc(_knative, _on("banana"))
