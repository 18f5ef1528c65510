# METADATA
# title: What a language model needs of a GPU's memory under vLLM, at the least
package lib.kv_cache

import data.lib.mig
import data.lib.serving
import data.lib.workload

# As conformance/sizing counts, but without what a forward pass takes: what is more than the GPU has is so for certain.

_gib := 1073741824

# vLLM's default; that of older versions is less.
_default_share := 0.92

# Flags that change what is stored, where, or how much of the memory counts.
_open := [
	"--quantization", "-q", "--load-format", "--load_format", "--hf-overrides", "--hf_overrides", "--hf-config-path",
	"--hf_config_path", "--cpu-offload-gb", "--cpu_offload_gb", "--kv-cache-memory-bytes", "--kv_cache_memory_bytes",
	"--num-gpu-blocks-override", "--num_gpu_blocks_override", "--enable-expert-parallel", "--enable_expert_parallel",
	"--offload-backend", "--revision", "--language-model-only", "--language_model_only", "--limit-mm-per-prompt",
	"--limit_mm_per_prompt",
]

length := ["--max-model-len", "--max_model_len"]

sequences := ["--max-num-seqs", "--max_num_seqs"]

# What a server of a model of ours needs on each GPU: {"model", "weights_gib", "tokens", "sequence_gib"}. Undefined
# where the manifest leaves open what that is.
need(c) := {
	"model": name,
	"weights_gib": (model.weights_bytes / tensor) / _gib,
	"tokens": tokens,
	"sequence_gib": (_kept(model, tokens) * _token_bytes(c, model, tensor)) / _gib,
} if {
	c.engine == "vllm"
	not serving.hidden(c.container)
	not serving.given(c.container, _open)
	_is_16_bit(c)
	serving.pipeline_size(c) == 1
	serving.data_size(c) == 1
	tensor := serving.tensor_size(c)
	tensor > 0
	name := serving.model(c)
	some model in data.models
	longest := model.hub[lower(name)]
	tokens := _length(c, model, longest)
}

# Without the flag it is the model's own; how far that goes with a sliding window differs between versions.
_length(c, model, longest) := serving.whole(c.container, length, longest) if {
	model.window == null
} else := serving.whole(c.container, length, model.window)

_is_16_bit(c) if {
	not serving.given(c.container, ["--dtype"])
} else if {
	serving.said(c.container, ["--dtype"]) in {"auto", "half", "float16", "bfloat16"}
}

# Layers times tokens that one sequence is kept in.
_kept(model, tokens) := model.layers * tokens if {
	model.window == null
} else := ((model.layers - model.window_layers) * tokens) + (model.window_layers * min([tokens, model.window]))

# Of one token in one layer. A latent is one vector that every GPU has; a KV head is copied where GPUs are more.
_token_bytes(c, model, tensor) := model.latent * _value_bytes(c) if {
	model.latent != null
} else := (2 * model.head_dim) * _value_bytes(c) if {
	tensor > model.kv_heads
} else := (2 * model.head_dim) * ((model.kv_heads / tensor) * _value_bytes(c))

_value_bytes(c) := 2 if {
	not serving.given(c.container, ["--kv-cache-dtype", "--kv_cache_dtype"])
} else := 2 if {
	serving.said(c.container, ["--kv-cache-dtype", "--kv_cache_dtype"]) in {"auto", "bfloat16", "float16"}
} else := 1

# ---- what there is

# The share of a GPU's memory that vLLM may use.
share(c) := serving.memory_share(c).value if {
	serving.memory_share(c).value <= 1
} else := _default_share if {
	not serving.given(c.container, ["--gpu-memory-utilization", "--gpu_memory_utilization"])
}

# Where a container runs, by what its pod selects: {"name", "memory_gib", "path"}; what the memory is at the most.
place(c) := {"name": name, "memory_gib": max(sizes), "path": array.concat(c.path, ["resources", "limits", resource])} if {
	some resource, number in mig.resources(c.container)
	count(c.accelerators) == 1
	workload.whole(number) == 1
	serving.tensor_size(c) == 1
	name := mig.profile(resource)
	sizes := _sizes(_selected(c), name)
} else := {"name": gpu, "memory_gib": gpu_gib(gpu), "path": array.concat(c.path, ["resources", "limits", "nvidia.com/gpu"])} if {
	object.keys(c.accelerators) == {"nvidia.com/gpu"}
	gpu := mig.gpu_of(product(c))
}

product(c) := object.get(workload.node_selector(c.pod), "nvidia.com/gpu.product", null)

# All of it, of which a program sees a little less.
gpu_gib(gpu) := data.gpus[gpu].memory_mib / 1024

_selected(c) := {gpu} if {
	gpu := mig.gpu_of(product(c))
} else := object.keys(data.gpus) if {
	product(c) == null
}

# The memory that instances of a profile have, all of which somebody has seen.
_sizes(gpus, name) := [profile.memory_gib | some profile in found] if {
	mig.gpus_with([name])
	found := [profile |
		some gpu in gpus
		some profile in object.get(data.gpus[gpu], ["mig", "profiles"], [])
		profile.name == name
	]
	count(found) > 0
	every profile in found {
		not "memory_gib" in profile.unverified
	}
}

# A number of GiB for people.
shown(gib) := round(gib * 10) / 10
