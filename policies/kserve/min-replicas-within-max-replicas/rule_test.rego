package policies.kserve["min-replicas-within-max-replicas_test"]

import data.policies.kserve["min-replicas-within-max-replicas"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_sized(least, most) := _isvc({}, {"predictor": {"minReplicas": least, "maxReplicas": most}})

test_more if count(rule.findings) == 1 with input as _sized(4, 2)

test_equal if count(rule.findings) == 0 with input as _sized(2, 2)

test_zero_means_no_bound if count(rule.findings) == 0 with input as _sized(4, 0)

test_one_of_them if count(rule.findings) == 0 with input as _isvc({}, {"predictor": {"minReplicas": 4}})

test_transformers if {
	count(rule.findings) == 1 with input as _isvc({}, {"transformer": {"minReplicas": 2, "maxReplicas": 1}})
}
