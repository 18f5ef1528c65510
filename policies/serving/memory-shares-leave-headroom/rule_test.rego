package policies.serving["memory-shares-leave-headroom_test"]

import data.policies.serving["memory-shares-leave-headroom"] as rule

_server(args) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
	"image": "vllm/vllm-openai:v0.11.0",
	"args": args,
}]}}}

test_nearly_all if count(rule.findings) == 1 with input as _server(["--gpu-memory-utilization=0.98"])

test_enough_is_left if count(rule.findings) == 0 with input as _server(["--gpu-memory-utilization=0.95"])

test_a_percentage_is_another_policys if count(rule.findings) == 0 with input as _server(["--gpu-memory-utilization=98"])

test_the_cache_has_a_size_of_its_own if {
	args := ["--gpu-memory-utilization=0.98", "--kv-cache-memory-bytes=20G"]
	count(rule.findings) == 0 with input as _server(args)
}
