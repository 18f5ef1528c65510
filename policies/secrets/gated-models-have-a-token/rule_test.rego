package policies.secrets["gated-models-have-a-token_test"]

import data.policies.secrets["gated-models-have-a-token"] as rule

_server(fields) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [object.union(
	{"image": "vllm/vllm-openai:v0.11.0", "args": ["--model", "meta-llama/Llama-3.3-70B-Instruct"]},
	fields,
)]}}}

test_no_token if count(rule.findings) == 1 with input as _server({})

test_a_token if {
	count(rule.findings) == 0 with input as _server({"env": [{"name": "HF_TOKEN", "valueFrom": {}}]})
	count(rule.findings) == 0 with input as _server({"envFrom": [{"secretRef": {"name": "hub"}}]})
}

test_a_volume_may_hold_it if {
	count(rule.findings) == 0 with input as _server({"volumeMounts": [{"name": "c", "mountPath": "/root/.cache"}]})
}

test_an_open_model if count(rule.findings) == 0 with input as _server({"args": ["--model", "Qwen/Qwen3-8B"]})

test_a_copy_is_open if count(rule.findings) == 0 with input as _server({"args": ["--model", "unsloth/Llama-3.3-70B-Instruct"]})

test_elsewhere if {
	count(rule.findings) == 0 with input as _server({"env": [{"name": "HF_ENDPOINT", "value": "https://hub.example.com"}]})
}
