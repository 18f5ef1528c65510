package policies.kserve["autoscaler-classes-are-known_test"]

import data.policies.kserve["autoscaler-classes-are-known"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_class(class) := _isvc({"serving.kserve.io/autoscalerClass": class}, {})

test_knatives_is_no_class_here if count(rule.findings) == 1 with input as _class("kpa")

test_case_matters if count(rule.findings) == 1 with input as _class("HPA")

test_known if {
	every class in ["hpa", "keda", "external", "none"] {
		count(rule.findings) == 0 with input as _class(class)
	}
}

test_none_given if count(rule.findings) == 0 with input as _isvc({}, {})
