package policies.accelerators["gpu-images-are-pinned_test"]

import data.policies.accelerators["gpu-images-are-pinned"] as rule

_found(image) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
		"image": image,
		"resources": {"limits": {"nvidia.com/gpu": 1}},
	}]}}}
}

test_moving_tags if {
	count(_found("vllm/vllm-openai:latest")) == 1
	count(_found("vllm/vllm-openai")) == 1
	count(_found("registry.example.com:5000/vllm")) == 1
	count(_found("lmsysorg/sglang:latest-cu129")) == 1
	count(_found("pytorch/pytorch:nightly")) == 1
}

test_versions if {
	count(_found("vllm/vllm-openai:v0.11.0")) == 0
	count(_found("registry.example.com:5000/vllm:v0.11.0")) == 0
	count(_found("example.com/translatest:1.2.0")) == 0
	count(_found("nvcr.io/nvidia/pytorch:25.09-py3")) == 0
}

test_a_digest if count(_found("vllm/vllm-openai@sha256:aa")) == 0

test_what_is_filled_in_later if {
	count(_found("$(IMAGE)")) == 0
	count(_found("${REGISTRY}/vllm")) == 0
}

test_without_a_gpu if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "busybox"}]}}
	count(rule.findings) == 0 with input as {"object": pod}
}
