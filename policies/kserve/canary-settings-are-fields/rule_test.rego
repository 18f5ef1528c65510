package policies.kserve["canary-settings-are-fields_test"]

import data.policies.kserve["canary-settings-are-fields"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

test_an_annotation if {
	count(rule.findings) == 1 with input as _isvc({"serving.kserve.io/canaryTrafficPercent": "10"}, {})
	count(rule.findings) == 1 with input as _isvc({"serving.kserve.io/canary-traffic-percent": "10"}, {})
}

test_of_a_component if {
	spec := {"predictor": {"annotations": {"serving.kserve.io/canaryTrafficPercent": "10"}}}
	count(rule.findings) == 1 with input as _isvc({}, spec)
}

test_the_field if count(rule.findings) == 0 with input as _isvc(_knative, {"predictor": {"canaryTrafficPercent": 10}})

test_other_annotations if {
	count(rule.findings) == 0 with input as _isvc({"serving.kserve.io/enable-tag-routing": "true", "ours/canary": "x"}, {})
}

test_none_at_all if count(rule.findings) == 0 with input as _isvc(null, {"predictor": {"annotations": null}})
