# METADATA
# title: A target for a latency in seconds is written in seconds
# custom:
#   class: regretted
#   severity: error
#   kinds: [autoscaling/HorizontalPodAutoscaler]
#   remedy: "write the target in the metric's unit: 500 ms are 500m"
#   sources:
#     - vllm 0.32.0 /metrics (time_to_first_token_seconds and its like)
#     - kubernetes apimachinery pkg/api/resource/quantity.go (m is a thousandth)
package policies.autoscaling["latency-targets-are-in-seconds"]

import data.lib.autoscaling

findings contains {"path": target.path, "message": message} if {
	some target in autoscaling.targets(input.object)
	regex.match(`(^|[^a-z])seconds`, target.name)
	not regex.match(`(?i)milli|micro|(^|[:_])[mu]s([:_]|$)|_(count|sum|total|bucket|created)$`, target.name)
	target.value >= autoscaling.longest_latency(target.name)
	message := sprintf("waits for %s to reach %v seconds: %v is no number of milliseconds here", [target.name, target.value, target.written])
}
