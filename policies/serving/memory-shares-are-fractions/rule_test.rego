package policies.serving["memory-shares-are-fractions_test"]

import data.policies.serving["memory-shares-are-fractions"] as rule

_server(args) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
	"image": "vllm/vllm-openai:v0.11.0",
	"args": args,
}]}}}

test_a_percentage if count(rule.findings) == 1 with input as _server(["--gpu-memory-utilization=90"])

test_nothing if count(rule.findings) == 1 with input as _server(["--gpu-memory-utilization", "0"])

test_all_of_it_is_a_fraction if count(rule.findings) == 0 with input as _server(["--gpu-memory-utilization=1.0"])

test_underscores if count(rule.findings) == 1 with input as _server(["--gpu_memory_utilization=95"])

test_unknown if count(rule.findings) == 0 with input as _server(["--gpu-memory-utilization=$(SHARE)"])

test_another_program if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a/b:v1", "args": ["--gpu-memory-utilization=90"]}]}}
	count(rule.findings) == 0 with input as {"object": pod}
}
