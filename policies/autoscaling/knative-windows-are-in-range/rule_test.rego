package policies.autoscaling["knative-windows-are-in-range_test"]

import data.policies.autoscaling["knative-windows-are-in-range"] as rule

_service(annotations) := {"object": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "spec": {
	"template": {"metadata": {"annotations": annotations}},
}}}

test_too_short if count(rule.findings) == 1 with input as _service({"autoscaling.knative.dev/window": "5s"})

test_too_long if count(rule.findings) == 1 with input as _service({"autoscaling.knative.dev/scale-down-delay": "61m"})

test_in_range if count(rule.findings) == 0 with input as _service({"autoscaling.knative.dev/window": "1m30s"})

test_none if count(rule.findings) == 0 with input as _service(null)
