# METADATA
# title: A model server on GPUs is not scaled by its CPU
# custom:
#   class: advice
#   severity: warning
#   kinds: [autoscaling/HorizontalPodAutoscaler, apps/Deployment, apps/StatefulSet]
#   across: true
#   remedy: scale by vllm:num_requests_waiting, by the use of the KV cache, or by a latency
#   sources:
#     - vllm 0.32.0 /metrics (num_requests_waiting, kv_cache_usage_perc)
package policies.autoscaling["model-servers-scale-by-their-queue"]

import data.lib.autoscaling
import data.lib.kind
import data.lib.serving

findings contains {"object": scaler.index, "path": ["spec", "metrics"], "message": message} if {
	some scaler in kind.all({"autoscaling/HorizontalPodAutoscaler"})
	metrics := kind.items(scaler.object, ["spec", "metrics"])
	count(metrics) > 0
	every metric in metrics {
		metric.type in {"Resource", "ContainerResource"}
	}
	some server in kind.all({"apps/Deployment", "apps/StatefulSet"})
	autoscaling.scaled(scaler.object) == autoscaling.scalable(server.object)
	some c in serving.engines_of(server.object)
	c.gpus > 0
	message := sprintf("scales the model server %s by CPU or memory, which say nothing of its load", [kind.name(server.object)])
}
