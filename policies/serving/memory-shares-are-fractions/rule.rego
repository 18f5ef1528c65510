# METADATA
# title: The share of GPU memory that a model server takes is a fraction
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [vllm, sglang, text-generation, modelFormat]
#   looks_at: [words]
#   remedy: write the share as a number above 0 and at most 1, such as 0.9
#   sources:
#     - vllm vllm/config/cache.py (gpu_memory_utilization, gt=0, le=1)
#     - sglang python/sglang/srt/server_args.py (mem_fraction_static)
#     - text-generation-inference launcher/src/main.rs (cuda_memory_fraction)
package policies.serving["memory-shares-are-fractions"]

import data.lib.serving

findings contains {"path": path, "message": message} if {
	some c in serving.engines
	share := serving.memory_share(c)
	not _fraction(share.value)
	path := serving.flag_path(c, share.flags)
	message := sprintf("takes %v of the GPU's memory: 0 is none of it and 1 is all", [share.value])
}

_fraction(value) if {
	value > 0
	value <= 1
}
