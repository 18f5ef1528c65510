# METADATA
# title: The KV cache holds as many sequences as are let in
# custom:
#   class: advice
#   severity: info
#   kinds: [pods]
#   mentions: [max-num-seqs, max_num_seqs]
#   looks_at: [words]
#   remedy: "lower --max-num-seqs or --max-model-len, or take more memory: seatrial size says how much"
#   sources:
#     - vllm v0.10.2 vllm/v1/core/sched/scheduler.py (a running request is preempted and computed anew where blocks run out)
#     - fixtures/models and fixtures/gpus, each with its source
package policies.serving["sequences-fit-the-kv-cache"]

import data.lib.kv_cache
import data.lib.serving

findings contains {"path": serving.flag_path(c, kv_cache.sequences), "message": message} if {
	some c in serving.engines
	serving.given(c.container, kv_cache.length)
	wanted := serving.whole(c.container, kv_cache.sequences, null)
	need := kv_cache.need(c)
	place := kv_cache.place(c)
	left := (place.memory_gib * kv_cache.share(c)) - need.weights_gib
	held := floor(left / need.sequence_gib)
	held >= 1
	wanted > held
	message := sprintf("lets in %v sequences of up to %v tokens; beside the weights of %s, %s holds at most %v of that length", [
		wanted,
		need.tokens,
		need.model,
		place.name,
		held,
	])
}
