package policies.serving["startup-probes-outlast-the-load_test"]

import data.policies.serving["startup-probes-outlast-the-load"] as rule

_server(fields) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [object.union(
	{"name": "server", "image": "vllm/vllm-openai:v0.11.0"},
	fields,
)]}}}

_waiting(model, period, failures) := _server({
	"args": [sprintf("--model=%s", [model])],
	"startupProbe": {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": period, "failureThreshold": failures},
})

test_the_defaults_are_half_a_minute if {
	probe := {"startupProbe": {"httpGet": {"path": "/health", "port": 8000}}}
	count(rule.findings) == 1 with input as _server(object.union(probe, {"args": ["--model=org/m-7B"]}))
	count(rule.findings) == 0 with input as _server(probe)
}

test_a_large_model_needs_more if {
	count(rule.findings) == 1 with input as _waiting("meta-llama/Llama-3.3-70B-Instruct", 10, 9)
	count(rule.findings) == 0 with input as _waiting("meta-llama/Llama-3.3-70B-Instruct", 10, 10)
}

test_quantized_weights_are_smaller if {
	count(rule.findings) == 0 with input as _waiting("org/Llama-3.3-70B-Instruct-AWQ", 10, 9)
}

test_the_delay_counts if {
	count(rule.findings) == 0 with input as _server({"startupProbe": {
		"httpGet": {"path": "/health", "port": 8000}, "initialDelaySeconds": 60, "failureThreshold": 1,
	}})
}

test_a_socket_is_open_before_the_model_is_there if {
	count(rule.findings) == 0 with input as _server({"startupProbe": {"tcpSocket": {"port": 8000}, "failureThreshold": 1}})
}

test_a_name_without_a_size_says_nothing if {
	count(rule.findings) == 0 with input as _waiting("/models/mixtral-8x22b-v0.1", 10, 4)
}
