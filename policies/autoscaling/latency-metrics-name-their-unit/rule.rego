# METADATA
# title: The name of a latency metric says its unit
# custom:
#   class: advice
#   severity: warning
#   kinds: [autoscaling/HorizontalPodAutoscaler]
#   remedy: record the metric under a name that ends in its unit, such as ..._seconds or ..._ms
#   sources:
#     - prometheus.io/docs/practices/naming (base units in names)
#     - vllm 0.32.0 /metrics (time_to_first_token_seconds)
package policies.autoscaling["latency-metrics-name-their-unit"]

import data.lib.autoscaling

findings contains {"path": target.path, "message": message} if {
	some target in autoscaling.targets(input.object)
	regex.match(`time_to_first_token|ttft|inter_token_latency|time_per_output_token|tpot`, lower(target.name))
	not regex.match(`(?i)second|milli|micro|(^|[:_])[mu]?s([:_]|$)`, target.name)
	target.value >= autoscaling.longest_latency(target.name)
	message := sprintf("compares %s with %v: vLLM measures in seconds, and the name does not say otherwise", [target.name, target.written])
}
