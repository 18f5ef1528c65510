package policies.serving["probes-ask-a-path-that-there-is_test"]

import data.policies.serving["probes-ask-a-path-that-there-is"] as rule

_server(fields) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [object.union(
	{"name": "server", "image": "vllm/vllm-openai:v0.11.0"},
	fields,
)]}}}

_asking(path) := _server({"readinessProbe": {"httpGet": {"path": path, "port": 8000}}})

test_another_servers_path if count(rule.findings) == 1 with input as _asking("/healthz")

test_a_path_that_there_is if {
	count(rule.findings) == 0 with input as _asking("/health")
	count(rule.findings) == 0 with input as _asking("/ping")
	count(rule.findings) == 0 with input as _asking("/v1/models")
}

test_a_path_that_nobody_knows if count(rule.findings) == 0 with input as _asking("/our/own")

test_the_server_may_have_been_given_more_routes if {
	count(rule.findings) == 0 with input as _server({
		"args": ["--middleware=ours.Health"],
		"readinessProbe": {"httpGet": {"path": "/healthz", "port": 8000}},
	})
}

test_a_simulator_is_another_server if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
		"image": "ghcr.io/llm-d/llm-d-inference-sim:v0.10.2",
		"readinessProbe": {"httpGet": {"path": "/health/ready", "port": 8000}},
	}]}}
	count(rule.findings) == 0 with input as {"object": pod}
}
