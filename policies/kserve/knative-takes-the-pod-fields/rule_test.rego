package policies.kserve["knative-takes-the-pod-fields_test"]

import data.policies.kserve["knative-takes-the-pod-fields"] as rule

_isvc(annotations, spec) := {"object": {
	"apiVersion": "serving.kserve.io/v1beta1",
	"kind": "InferenceService",
	"metadata": {"name": "chat", "annotations": annotations},
	"spec": spec,
}}

_standard := {"serving.kserve.io/deploymentMode": "Standard"}

_knative := {"serving.kserve.io/deploymentMode": "Knative"}

_cluster(features) := {"kserve": {"deployment_mode": "Knative", "knative_features": features}}

_selecting := {"predictor": {"nodeSelector": {"nvidia.com/gpu.product": "L40S"}}}

test_off_by_default if {
	count(rule.findings) == 1 with input as _isvc({}, _selecting) with data.facts as _cluster({})
	count(rule.findings) == 1 with input as _isvc(_knative, _selecting) with data.facts as {}
}

test_turned_on if {
	count(rule.findings) == 0 with input as _isvc({}, _selecting) with data.facts as _cluster({"nodeselector": "enabled"})
}

test_standard_mode if {
	count(rule.findings) == 0 with input as _isvc(_standard, _selecting) with data.facts as _cluster({})
}

test_claims if {
	spec := {"predictor": {"volumes": [{"name": "m", "persistentVolumeClaim": {"claimName": "m"}}, {"name": "s", "emptyDir": {}}]}}
	count(rule.findings) == 1 with input as _isvc({}, spec) with data.facts as _cluster({})
}

test_empty_fields if {
	count(rule.findings) == 0 with input as _isvc({}, {"predictor": {"tolerations": [], "nodeSelector": {}}}) with data.facts as _cluster({})
}
