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
import data.lib.objects
import data.lib.serving

# Workloads that serve models on GPUs.
_model_servers contains autoscaling.scalable(server.object) if {
	some server in objects.of_kinds({"apps/Deployment", "apps/StatefulSet"})
	some c in serving.engines_of(server.object)
	c.gpus > 0
}

findings contains {"object": scaler.index, "path": ["spec", "metrics"], "message": message} if {
	some scaler in objects.of_kind["autoscaling/HorizontalPodAutoscaler"]
	metrics := kind.items(scaler.object, ["spec", "metrics"])
	count(metrics) > 0
	every metric in metrics {
		metric.type in {"Resource", "ContainerResource"}
	}
	target := autoscaling.scaled(scaler.object)
	target in _model_servers
	message := sprintf("scales the model server %s by CPU or memory, which say nothing of its load", [target.name])
}
