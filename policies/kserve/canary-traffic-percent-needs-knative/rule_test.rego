package policies.kserve["canary-traffic-percent-needs-knative_test"]

import data.policies.kserve["canary-traffic-percent-needs-knative"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_tenth := {"predictor": {"canaryTrafficPercent": 10}}

test_standard if {
	count(rule.findings) == 1 with input as _isvc(_standard, _tenth)
	count(rule.findings) == 1 with input as _isvc({"serving.kserve.io/deploymentMode": "RawDeployment"}, _tenth)
}

test_knative if count(rule.findings) == 0 with input as _isvc(_knative, _tenth)

test_unknown if count(rule.findings) == 0 with input as _isvc({}, _tenth)

test_known_from_the_cluster if {
	count(rule.findings) == 1 with input as _isvc({}, _tenth) with data.facts as {"kserve": {"deployment_mode": "Standard"}}
}

test_zero_is_a_wish_too if count(rule.findings) == 1 with input as _isvc(_standard, {"predictor": {"canaryTrafficPercent": 0}})
