package policies.serving["probes-behind-a-startup-probe-need-no-delay_test"]

import data.policies.serving["probes-behind-a-startup-probe-need-no-delay"] as rule

_server(fields) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [object.union(
	{"name": "server", "image": "vllm/vllm-openai:v0.11.0"},
	fields,
)]}}}

_probe := {"httpGet": {"path": "/health", "port": 8000}}

_late := object.union(_probe, {"initialDelaySeconds": 120})

test_both_probes if {
	count(rule.findings) == 2 with input as _server({"startupProbe": _probe, "readinessProbe": _late, "livenessProbe": _late})
}

test_without_a_startup_probe_it_is_needed if count(rule.findings) == 0 with input as _server({"readinessProbe": _late})

test_no_delay if {
	none := object.union(_probe, {"initialDelaySeconds": 0})
	count(rule.findings) == 0 with input as _server({"startupProbe": _probe, "readinessProbe": none})
}

test_the_startup_probes_own_delay if count(rule.findings) == 0 with input as _server({"startupProbe": _late})
