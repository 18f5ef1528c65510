package policies.kserve["knative-annotations-are-in-range_test"]

import data.policies.kserve["knative-annotations-are-in-range"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_window(value) := _isvc({"autoscaling.knative.dev/window": value}, {})

test_outside if {
	count(rule.findings) == 1 with input as _window("2s")
	count(rule.findings) == 1 with input as _window("90m")
}

test_inside if {
	count(rule.findings) == 0 with input as _window("6s")
	count(rule.findings) == 0 with input as _window("1h")
	count(rule.findings) == 0 with input as _window("59m60s")
}

test_of_a_component if {
	annotations := {"autoscaling.knative.dev/scale-to-zero-pod-retention-period": "2h"}
	count(rule.findings) == 1 with input as _isvc({}, {"predictor": {"annotations": annotations}})
}

test_not_a_duration if count(rule.findings) == 0 with input as _window("soon")
