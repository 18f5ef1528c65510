package policies.autoscaling["kserve-scales-its-own-deployments_test"]

import data.policies.autoscaling["kserve-scales-its-own-deployments"] as rule

_hpa(name, target) := {
	"apiVersion": "autoscaling/v2",
	"kind": "HorizontalPodAutoscaler",
	"metadata": {"name": name},
	"spec": {"scaleTargetRef": object.union({"apiVersion": "apps/v1", "kind": "Deployment"}, target), "maxReplicas": 8},
}

_isvc(annotations) := {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": {"predictor": {"model": {}}},
}

_standard(class) := object.union(
	{"serving.kserve.io/deploymentMode": "Standard"},
	{name: class | some name in ["serving.kserve.io/autoscalerClass"]; class != ""},
)

_objects(class, target) := {"objects": [_isvc(_standard(class)), _hpa("mine", {"name": target})]}

test_kserve_makes_one_already if {
	count(rule.findings) == 1 with input as _objects("", "chat-predictor")
	count(rule.findings) == 1 with input as _objects("keda", "chat-predictor")
}

test_left_to_others if {
	count(rule.findings) == 0 with input as _objects("external", "chat-predictor")
	count(rule.findings) == 0 with input as _objects("none", "chat-predictor")
}

test_another_deployment if count(rule.findings) == 0 with input as _objects("", "chat-router")

test_kserves_own if {
	own := object.union(_hpa("chat-predictor", {"name": "chat-predictor"}), {"metadata": {
		"name": "chat-predictor",
		"ownerReferences": [{"kind": "InferenceService", "name": "chat"}],
	}})
	count(rule.findings) == 0 with input as {"objects": [_isvc(_standard("")), own]}
}

test_unknown_mode if {
	count(rule.findings) == 0 with input as {"objects": [_isvc({}), _hpa("mine", {"name": "chat-predictor"})]}
}
