package policies.serving["models-fit-a-gpu-of-the-nodes_test"]

import data.policies.serving["models-fit-a-gpu-of-the-nodes"] as rule

_gib := 1073741824

_gpus := {
	"Small": {"product": "SMALL", "memory_mib": 10240, "mig": null},
	"Middle": {"product": "MIDDLE", "memory_mib": 12288, "mig": null},
	"Large": {"product": "LARGE", "memory_mib": 81920, "mig": null},
}

# Eight gigabytes of weights, and four for its longest sequence.
_models := {"it": {
	"hub": {"org/it": 4096}, "weights_bytes": 8 * _gib, "layers": 1024, "window_layers": 0, "window": null, "latent": null,
	"head_dim": 128, "kv_heads": 2,
}}

_found(products, selector) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {
		"nodeSelector": selector,
		"containers": [{
			"image": "vllm/vllm-openai:v0.11.0",
			"args": ["--model=org/it"],
			"resources": {"limits": {"nvidia.com/gpu": 1}},
		}],
	}}}
		with data.gpus as _gpus
		with data.models as _models
		with data.facts as {"nodes": [{"nvidia.com/gpu.product": product} | some product in products]}
}

test_larger_than_the_largest if {
	some finding in _found(["SMALL", "MIDDLE"], {})
	contains(finding.message, "the largest that the pod may get is a Middle")
}

test_one_is_large_enough if count(_found(["SMALL", "LARGE"], {})) == 0

test_one_is_in_no_table if count(_found(["SMALL", "NEW"], {})) == 0

test_no_node if count(_found(["SMALL"], {"pool": "none"})) == 0

test_a_gpu_that_is_named_is_another_policys if count(_found(["SMALL"], {"nvidia.com/gpu.product": "SMALL"})) == 0
