package policies.kserve["canaries-need-standard-mode_test"]

import data.policies.kserve["canaries-need-standard-mode"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_canary := {"canary": [{"trafficPercent": 10, "predictor": {"name": "v2"}}]}

test_knative if {
	count(rule.findings) == 1 with input as _isvc(_knative, _canary)
	count(rule.findings) == 1 with input as _isvc({"serving.kserve.io/deploymentMode": "Serverless"}, _canary)
}

test_standard if count(rule.findings) == 0 with input as _isvc(_standard, _canary)

test_unknown if count(rule.findings) == 0 with input as _isvc({}, _canary)

test_known_from_the_cluster if {
	count(rule.findings) == 1 with input as _isvc({}, _canary) with data.facts as {"kserve": {"deployment_mode": "Serverless"}}
}

test_an_empty_list if count(rule.findings) == 0 with input as _isvc(_knative, {"canary": []})
