# METADATA
# title: A model fits on a GPU of the nodes that it may go to
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [vllm]
#   looks_at: [words]
#   remedy: "select nodes with larger GPUs, take more GPUs (--tensor-parallel-size), or a smaller --max-model-len: seatrial size says which"
#   facts: [nodes]
#   sources:
#     - vllm v0.10.2 vllm/v1/core/kv_cache_utils.py (no memory for the cache, or not for one request of the greatest length)
#     - fixtures/models and fixtures/gpus, each with its source
package policies.serving["models-fit-a-gpu-of-the-nodes"]

import data.lib.kv_cache
import data.lib.mig
import data.lib.serving
import data.lib.workload

findings contains {"path": array.concat(c.path, ["resources", "limits", "nvidia.com/gpu"]), "message": message} if {
	some c in serving.engines
	object.keys(c.accelerators) == {"nvidia.com/gpu"}
	kv_cache.product(c) == null # else another policy judges
	need := kv_cache.need(c)
	largest := _largest(workload.node_selector(c.pod))
	budget := kv_cache.gpu_gib(largest) * kv_cache.share(c)
	wanted := need.weights_gib + need.sequence_gib
	wanted > budget
	message := sprintf("%s and one sequence of %v tokens take %v GiB on each GPU; the largest that the pod may get is a %s, with %v for vLLM", [
		need.model,
		need.tokens,
		kv_cache.shown(wanted),
		largest,
		kv_cache.shown(budget),
	])
}

# The GPU with the most memory; undefined where no node matches or one has a GPU that no table knows.
_largest(selector) := gpu if {
	products := {node["nvidia.com/gpu.product"] | some node in mig.nodes(selector); node["nvidia.com/gpu.product"]}
	count(products) > 0
	every product in products {
		mig.gpu_of(product)
	}
	sizes := [[kv_cache.gpu_gib(one), one] | some product in products; one := mig.gpu_of(product)]
	gpu := max(sizes)[1]
}
