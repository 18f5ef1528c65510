package policies.autoscaling["targets-can-be-scaled_test"]

import data.policies.autoscaling["targets-can-be-scaled"] as rule

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

_workload(group, kind) := {"apiVersion": group, "kind": kind, "metadata": {"name": "chat"}, "spec": {}}

_found(objects) := n if {
	n := count(rule.findings) with input as {"objects": objects}
}

test_an_inference_service if {
	_found([_hpa("h", {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "name": "chat"})]) == 1
}

test_another_kind if _found([_hpa("h", {"name": "chat"}), _workload("apps/v1", "StatefulSet")]) == 1

test_another_group if _found([_hpa("h", {"apiVersion": "v1", "name": "chat"}), _workload("apps/v1", "Deployment")]) == 1

test_as_it_is_called if {
	_found([_hpa("h", {"name": "chat"}), _workload("apps/v1", "Deployment")]) == 0
	_found([_hpa("h", {"name": "chat"}), _workload("apps/v1", "Deployment"), _workload("apps/v1", "StatefulSet")]) == 0
}

test_kserves_deployment if {
	_found([_hpa("h", {"name": "chat"}), _isvc({})]) == 1
	_found([_hpa("h", {"name": "chat-predictor"}), _isvc({})]) == 0
	_found([_hpa("h", {"name": "chat"}), _isvc({}), _workload("apps/v1", "Deployment")]) == 0
}

test_what_is_not_shown_may_exist if _found([_hpa("h", {"name": "elsewhere"}), _workload("apps/v1", "Deployment")]) == 0

test_kinds_that_others_define if _found([_hpa("h", {"apiVersion": "x.dev/v1", "kind": "Thing", "name": "chat"})]) == 0
