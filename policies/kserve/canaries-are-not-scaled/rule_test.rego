package policies.kserve["canaries-are-not-scaled_test"]

import data.policies.kserve["canaries-are-not-scaled"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_canary(fields) := _isvc(_standard, {"canary": [{"trafficPercent": 10, "predictor": object.union({"name": "v2"}, fields)}]})

test_each_field if {
	count(rule.findings) == 1 with input as _canary({"maxReplicas": 4})
	count(rule.findings) == 1 with input as _canary({"scaleTarget": 4})
	count(rule.findings) == 1 with input as _canary({"scaleMetric": "cpu"})
	count(rule.findings) == 1 with input as _canary({"autoScaling": {"metrics": []}})
}

test_fixed if count(rule.findings) == 0 with input as _canary({"minReplicas": 2})

test_zero_is_not_set if count(rule.findings) == 0 with input as _canary({"maxReplicas": 0})

test_the_stable_one_may_scale if count(rule.findings) == 0 with input as _isvc(_standard, {"predictor": {"maxReplicas": 4}})
