package policies.kserve["canaries-share-one-hundred-percent_test"]

import data.policies.kserve["canaries-share-one-hundred-percent"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_sharing(shares) := _isvc(_standard, {"canary": [{"trafficPercent": s, "predictor": {"name": "v"}} | some s in shares]})

test_more_than_all if count(rule.findings) == 1 with input as _sharing([60, 50])

test_all if count(rule.findings) == 0 with input as _sharing([60, 40])

test_one_that_is_too_large_is_refused_by_the_schema if count(rule.findings) == 0 with input as _sharing([101])

test_no_canaries if count(rule.findings) == 0 with input as _isvc(_standard, {})
