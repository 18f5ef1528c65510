package policies.kserve["canaries-have-names-of-their-own_test"]

import data.policies.kserve["canaries-have-names-of-their-own"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_named(names) := _isvc(_standard, {
	"predictor": {"name": "v1"},
	"canary": [{"trafficPercent": 1, "predictor": object.union({"model": {}}, n)} | some n in names],
})

test_no_name if count(rule.findings) == 1 with input as _named([{}])

test_twice if count(rule.findings) == 1 with input as _named([{"name": "v2"}, {"name": "v2"}])

test_as_the_stable_one if count(rule.findings) == 1 with input as _named([{"name": "v1"}])

test_their_own if count(rule.findings) == 0 with input as _named([{"name": "v2"}, {"name": "v3"}])
