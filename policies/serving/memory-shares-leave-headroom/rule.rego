# METADATA
# title: vLLM leaves some GPU memory to what it does not count
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [vllm, sglang, text-generation, modelFormat]
#   looks_at: [words]
#   remedy: set --gpu-memory-utilization to 0.95 or less
#   sources:
#     - vllm vllm/config/cache.py (gpu_memory_utilization, default 0.92)
package policies.serving["memory-shares-leave-headroom"]

import data.lib.serving

findings contains {"path": path, "message": message} if {
	some c in serving.engines
	c.engine in {"vllm", "kserve"}
	not serving.given(c.container, ["--kv-cache-memory-bytes", "--kv_cache_memory_bytes"])
	share := serving.memory_share(c)
	share.value > 0.95
	share.value <= 1
	path := serving.flag_path(c, share.flags)
	message := sprintf("takes %v of the GPU's memory for weights and cache: what else needs some runs out of it", [share.value])
}
