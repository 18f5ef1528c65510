package policies.autoscaling["behavior-windows-are-in-range_test"]

import data.policies.autoscaling["behavior-windows-are-in-range"] as rule

_behaving(rules) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {
	"behavior": {"scaleDown": rules},
}}}

test_windows if {
	count(rule.findings) == 1 with input as _behaving({"stabilizationWindowSeconds": 3601})
	count(rule.findings) == 0 with input as _behaving({"stabilizationWindowSeconds": 3600})
}

test_periods if {
	count(rule.findings) == 1 with input as _behaving({"policies": [{"periodSeconds": 1801}]})
	count(rule.findings) == 0 with input as _behaving({"policies": [{"periodSeconds": 1800}]})
}

test_no_behavior if {
	count(rule.findings) == 0 with input as {"object": {"spec": {"behavior": null}}}
	count(rule.findings) == 0 with input as {"object": {"spec": {}}}
}
