package policies.autoscaling["one-autoscaler-for-each-workload_test"]

import data.policies.autoscaling["one-autoscaler-for-each-workload"] as rule

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

_keda(name) := {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": name}, "spec": {"scaleTargetRef": {"name": "chat"}}}

test_two_hpas if count(rule.findings) == 1 with input as {"objects": [_hpa("a", {"name": "chat"}), _hpa("b", {"name": "chat"})]}

test_keda_and_an_hpa if count(rule.findings) == 1 with input as {"objects": [_keda("a"), _hpa("b", {"name": "chat"})]}

test_the_hpa_that_keda_made if {
	count(rule.findings) == 0 with input as {"objects": [_keda("a"), _hpa("keda-hpa-a", {"name": "chat"})]}
}

test_two_targets if {
	count(rule.findings) == 0 with input as {"objects": [_hpa("a", {"name": "chat"}), _hpa("b", {"name": "other"})]}
	count(rule.findings) == 0 with input as {"objects": [_hpa("a", {"name": "chat"}), _hpa("b", {"name": "chat", "kind": "StatefulSet"})]}
}

test_the_same_one_twice if {
	count(rule.findings) == 0 with input as {"objects": [_hpa("a", {"name": "chat"}), _hpa("a", {"name": "chat"})]}
}
