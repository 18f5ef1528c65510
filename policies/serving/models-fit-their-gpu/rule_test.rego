package policies.serving["models-fit-their-gpu_test"]

import data.policies.serving["models-fit-their-gpu"] as rule

_gib := 1073741824

_tables := {
	"gpus": {
		"Small": {"product": "SMALL", "memory_mib": 10240, "mig": null},
		"Large": {"product": "LARGE", "memory_mib": 81920, "mig": {"profiles": [
			{"name": "1g.10gb", "memory_gib": 10, "unverified": []},
			{"name": "1g.5gb", "memory_gib": 5, "unverified": ["memory_gib"]},
		]}},
	},
	# Eight gigabytes of weights, and one for each 1024 tokens.
	"models": {"it": {
		"hub": {"org/it": 4096}, "weights_bytes": 8 * _gib, "layers": 1024, "window_layers": 0, "window": null, "latent": null,
		"head_dim": 128, "kv_heads": 2,
	}},
}

_found(args, resource, number, selector) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {
		"nodeSelector": selector,
		"containers": [{
			"image": "vllm/vllm-openai:v0.11.0",
			"args": array.concat(["--model=org/It"], args),
			"resources": {"limits": {resource: number}},
		}],
	}}}
		with data.gpus as _tables.gpus
		with data.models as _tables.models
}

_small := {"nvidia.com/gpu.product": "SMALL"}

_gpu := "nvidia.com/gpu"

_slice := "nvidia.com/mig-1g.10gb"

_args := ["spec", "containers", 0, "args"]

_paths(found) := {finding.path | some finding in found}

test_longest_sequence if _paths(_found([], _gpu, 1, _small)) == {_args}

test_longest_sequence_on_a_slice if _paths(_found(["--max-model-len=2048"], _slice, 1, {})) == {array.concat(_args, [1])}

test_weights if {
	found := _found(["--gpu-memory-utilization=0.5"], _gpu, 1, _small)
	_paths(found) == {["spec", "containers", 0, "resources", "limits", _gpu]}
}

test_shorter if count(_found(["--max-model-len=1024"], _gpu, 1, _small)) == 0

test_smaller_values if count(_found(["--max-model-len=2048", "--kv-cache-dtype=fp8"], _slice, 1, {})) == 0

test_divided if count(_found(["-tp=2"], _gpu, 2, _small)) == 0

test_an_instance_of_unknown_memory if count(_found([], "nvidia.com/mig-1g.5gb", 1, {})) == 0

test_an_instance_that_no_table_has if count(_found([], "nvidia.com/mig-9g.10gb", 1, {})) == 0

test_a_gpu_that_no_table_has if count(_found([], _gpu, 1, {"nvidia.com/gpu.product": "NEW"})) == 0

test_any_gpu if count(_found([], _gpu, 1, {})) == 0

test_left_open if {
	every args in [
		["--quantization=awq"], ["--cpu-offload-gb", "40"], ["--dtype=float32"], ["--max-model-len=auto"], ["--max-model-len=-1"],
		["--config=/etc/vllm.yaml"], ["$(EXTRA_ARGS)"], ["--pipeline-parallel-size=2"], ["--gpu-memory-utilization=$SHARE"],
		["--tensor-parallel-size=$GPUS"], ["--model=org/other"],
	] {
		count(_found(args, _slice, 1, {})) == 0
	}
}
