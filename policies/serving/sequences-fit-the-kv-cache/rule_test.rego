package policies.serving["sequences-fit-the-kv-cache_test"]

import data.policies.serving["sequences-fit-the-kv-cache"] as rule

_gib := 1073741824

# Eight gigabytes of weights, and one for each 1024 tokens.
_models := {"it": {
	"hub": {"org/it": 4096}, "weights_bytes": 8 * _gib, "layers": 1024, "window_layers": 0, "window": null, "latent": null,
	"head_dim": 128, "kv_heads": 2,
}}

_found(args) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {
		"nodeSelector": {"nvidia.com/gpu.product": "GPU"},
		"containers": [{
			"image": "vllm/vllm-openai:v0.11.0",
			"args": array.concat(["--model=org/it"], args),
			"resources": {"limits": {"nvidia.com/gpu": 1}},
		}],
	}}}
		with data.gpus as {"Gpu": {"product": "GPU", "memory_mib": 20480, "mig": null}}
		with data.models as _models
}

# 20 GiB times 0.92 less 8: ten sequences of one GiB.
test_one_too_many if {
	some finding in _found(["--max-model-len=1024", "--max-num-seqs=11"])
	finding.path == ["spec", "containers", 0, "args", 2]
	contains(finding.message, "at most 10 of that length")
}

test_as_many_as_it_holds if count(_found(["--max-model-len=1024", "--max-num-seqs=10"])) == 0

test_a_length_that_nobody_wrote if count(_found(["--max-num-seqs=11"])) == 0

test_a_number_that_nobody_wrote if count(_found(["--max-model-len=1024"])) == 0

test_not_even_one_is_another_policys if count(_found(["--max-model-len=20480", "--max-num-seqs=11"])) == 0
