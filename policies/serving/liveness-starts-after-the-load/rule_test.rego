package policies.serving["liveness-starts-after-the-load_test"]

import data.policies.serving["liveness-starts-after-the-load"] as rule

_server(fields) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [object.union(
	{"name": "server", "image": "vllm/vllm-openai:v0.11.0"},
	fields,
)]}}}

_alive := {"livenessProbe": {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 5}}

test_nothing_holds_it_back if count(rule.findings) == 1 with input as _server(_alive)

test_a_startup_probe_does if {
	fields := object.union(_alive, {"startupProbe": {"httpGet": {"path": "/health", "port": 8000}, "failureThreshold": 60}})
	count(rule.findings) == 0 with input as _server(fields)
}

test_so_does_a_long_delay if {
	fields := {"livenessProbe": object.union(_alive.livenessProbe, {"initialDelaySeconds": 900})}
	count(rule.findings) == 0 with input as _server(fields)
}

test_a_command_may_know_better if {
	count(rule.findings) == 0 with input as _server({"livenessProbe": {"exec": {"command": ["/bin/alive"]}}})
}
