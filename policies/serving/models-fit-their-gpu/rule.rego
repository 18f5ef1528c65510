# METADATA
# title: A model fits on the GPU that it is given
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [vllm]
#   looks_at: [words]
#   remedy: "take a larger GPU or slice, more of them (--tensor-parallel-size), or a smaller --max-model-len: seatrial size says which"
#   sources:
#     - vllm v0.10.2 vllm/v1/core/kv_cache_utils.py (no memory for the cache, or not for one request of the greatest length)
#     - vllm vllm/config/cache.py (gpu_memory_utilization, default 0.92)
#     - fixtures/models and fixtures/gpus, each with its source
package policies.serving["models-fit-their-gpu"]

import data.lib.kv_cache
import data.lib.serving

findings contains {"path": place.path, "message": message} if {
	some c in serving.engines
	need := kv_cache.need(c)
	place := kv_cache.place(c)
	budget := place.memory_gib * kv_cache.share(c)
	need.weights_gib >= budget
	message := sprintf("the weights of %s take %v GiB on each GPU, of the %v GiB of %s vLLM may use %v", [
		need.model,
		kv_cache.shown(need.weights_gib),
		kv_cache.shown(place.memory_gib),
		place.name,
		kv_cache.shown(budget),
	])
}

findings contains {"path": serving.flag_path(c, kv_cache.length), "message": message} if {
	some c in serving.engines
	need := kv_cache.need(c)
	place := kv_cache.place(c)
	left := (place.memory_gib * kv_cache.share(c)) - need.weights_gib
	left > 0
	need.sequence_gib > left
	message := sprintf("one sequence of %v tokens takes %v GiB of KV cache, beside the weights of %s %s has at most %v", [
		need.tokens,
		kv_cache.shown(need.sequence_gib),
		need.model,
		place.name,
		kv_cache.shown(left),
	])
}
