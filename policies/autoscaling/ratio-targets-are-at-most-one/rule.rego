# METADATA
# title: A target for a ratio is at most 1
# custom:
#   class: regretted
#   severity: error
#   kinds: [autoscaling/HorizontalPodAutoscaler]
#   remedy: "write 0.8 (or 800m) for 80 percent"
#   sources:
#     - vllm 0.32.0 /metrics (kv_cache_usage_perc, 1 means 100 percent)
package policies.autoscaling["ratio-targets-are-at-most-one"]

import data.lib.autoscaling

findings contains {"path": target.path, "message": message} if {
	some target in autoscaling.targets(input.object)
	target.type == "Pods"
	regex.match(`(^|[:_])(kv|gpu|cpu)_cache_usage_perc$|_ratio$`, target.name)
	target.value > 1
	message := sprintf("waits for %s to reach %v: it lies between 0 and 1", [target.name, target.value])
}
