package policies.kserve["keda-takes-no-scale-metric_test"]

import data.policies.kserve["keda-takes-no-scale-metric"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_keda := object.union(_standard, {"serving.kserve.io/autoscalerClass": "keda"})

test_any_metric if {
	count(rule.findings) == 1 with input as _isvc(_keda, {"predictor": {"scaleMetric": "cpu"}})
	count(rule.findings) == 1 with input as _isvc(_keda, {"transformer": {"scaleMetric": "rps"}})
}

test_its_own_field if count(rule.findings) == 0 with input as _isvc(_keda, {"predictor": {"autoScaling": {"metrics": []}}})

test_another_class if {
	count(rule.findings) == 0 with input as _isvc(_standard, {"predictor": {"scaleMetric": "cpu"}})
}
