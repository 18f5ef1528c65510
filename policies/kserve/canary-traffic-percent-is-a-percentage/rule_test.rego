package policies.kserve["canary-traffic-percent-is-a-percentage_test"]

import data.policies.kserve["canary-traffic-percent-is-a-percentage"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_asking(percent) := _isvc(_knative, {"predictor": {"canaryTrafficPercent": percent}})

test_too_much if count(rule.findings) == 1 with input as _asking(110)

test_too_little if count(rule.findings) == 1 with input as _asking(-1)

test_the_ends if {
	count(rule.findings) == 0 with input as _asking(0)
	count(rule.findings) == 0 with input as _asking(100)
}
