package policies.serving["weights-outlive-the-pod_test"]

import data.policies.serving["weights-outlive-the-pod"] as rule

_server(fields) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [object.union(
	{"image": "vllm/vllm-openai:v0.11.0", "resources": {"limits": {"nvidia.com/gpu": 1}}},
	fields,
)]}}}

test_no_volume if count(rule.findings) == 1 with input as _server({"args": ["--model=Qwen/Qwen3-8B"]})

test_a_volume if {
	fields := {"args": ["--model=Qwen/Qwen3-8B"], "volumeMounts": [{"name": "c", "mountPath": "/root/.cache"}]}
	count(rule.findings) == 0 with input as _server(fields)
}

test_shared_memory_is_no_cache if {
	fields := {"args": ["--model=Qwen/Qwen3-8B"], "volumeMounts": [{"name": "s", "mountPath": "/dev/shm"}]}
	count(rule.findings) == 1 with input as _server(fields)
}

test_a_path_is_no_download if count(rule.findings) == 0 with input as _server({"args": ["--model=/models/qwen"]})

test_behind_serve if {
	count(rule.findings) == 1 with input as _server({"command": ["vllm", "serve", "Qwen/Qwen3-8B"]})
	count(rule.findings) == 0 with input as _server({"command": ["vllm", "serve", "s3://bucket/qwen"]})
}
