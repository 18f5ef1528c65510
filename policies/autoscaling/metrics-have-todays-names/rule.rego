# METADATA
# title: Metrics of vLLM are asked for by the names that it exports today
# custom:
#   class: regretted
#   severity: warning
#   kinds:
#     - autoscaling/HorizontalPodAutoscaler
#     - keda.sh/ScaledObject
#     - monitoring.coreos.com/PrometheusRule
#     - serving.kserve.io/InferenceService
#   looks_at: [words]
#   remedy: use the new name, or ask for either of them while both versions run
#   sources:
#     - vllm 0.32.0 /metrics (a full listing; the old names are not in it)
#     - vllm vllm/v1/metrics/loggers.py (DEPRECATED notes)
package policies.autoscaling["metrics-have-todays-names"]

import data.lib.autoscaling

findings contains {"path": place.path, "message": message} if {
	some place in _places
	some old, new in _renamed
	regex.match(sprintf(`\bvllm[:_]%s(\b|_)`, [old]), place.text)
	not regex.match(sprintf(`\bvllm[:_]%s(\b|_)`, [new]), place.text)
	message := sprintf("asks for vllm:%s, which vLLM no longer exports; its name is %s", [old, new])
}

_renamed := {
	"gpu_cache_usage_perc": "kv_cache_usage_perc",
	"cpu_cache_usage_perc": "kv_cache_usage_perc",
	"gpu_prefix_cache_queries": "prefix_cache_queries",
	"gpu_prefix_cache_hits": "prefix_cache_hits",
	"time_per_output_token_seconds": "inter_token_latency_seconds",
	"num_requests_swapped": "num_requests_waiting",
}

_places := array.concat(
	[place |
		some metric in autoscaling.metrics(input.object)
		place := {"path": array.concat(metric.path, ["metric", "name"]), "text": metric.name}
	],
	[place |
		some asked in autoscaling.queries(input.object)
		place := {"path": asked.path, "text": asked.query}
	],
)
