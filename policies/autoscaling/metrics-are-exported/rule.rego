# METADATA
# title: An autoscaler asks for metrics that something exports
# custom:
#   class: regretted
#   severity: error
#   kinds: [autoscaling/HorizontalPodAutoscaler]
#   facts: [metrics]
#   remedy: use a name that is exported, or add the recording rule or adapter rule that makes it
#   sources:
#     - kubernetes v1.35.4 pkg/controller/podautoscaler/horizontal.go (FailedGetPodsMetric)
#     - prometheus-adapter v0.12.0 docs/config.md (names without colons)
package policies.autoscaling["metrics-are-exported"]

import data.lib.autoscaling

findings contains {"path": path, "message": message} if {
	some metric in autoscaling.metrics(input.object)
	not replace(metric.name, ":", "_") in _exported
	path := array.concat(metric.path, ["metric", "name"])
	message := sprintf("asks for %s, which nothing exports: the autoscaler shows <unknown> and stays where it is", [metric.name])
}

# The API of custom metrics has no colons: adapters put underscores in their place.
_exported := {replace(name, ":", "_") | some name in data.facts.metrics}
