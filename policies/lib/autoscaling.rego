# METADATA
# title: What autoscalers scale, and by what
package lib.autoscaling

import data.lib.kind
import data.lib.quantity

# Metrics of a HorizontalPodAutoscaler that have a name: {"path", "type", "name", "target"}.
metrics(hpa) := [found |
	some i, metric in kind.items(hpa.spec, ["metrics"])
	field := {"Pods": "pods", "Object": "object", "External": "external"}[metric.type]
	name := metric[field].metric.name
	is_string(name)
	found := {
		"path": ["spec", "metrics", i, field], "type": metric.type, "name": name,
		"target": object.get(metric[field], "target", {}),
	}
]

# The numbers that these metrics are held to: {"path", "type", "name", "field", "written", "value"}.
targets(hpa) := [found |
	some metric in metrics(hpa)
	some field in ["value", "averageValue"]
	written := metric.target[field]
	value := quantity.number(written)
	found := {
		"path": array.concat(metric.path, ["target", field]), "type": metric.type, "name": metric.name,
		"field": field, "written": written, "value": value,
	}
]

scalers := {"autoscaling/HorizontalPodAutoscaler", "keda.sh/ScaledObject"}

# What an autoscaler scales: {"namespace", "group", "kind", "name"}.
scaled(o) := {
	"namespace": kind.namespace(o),
	"group": _group(object.get(target, "apiVersion", "apps/v1")),
	"kind": object.get(target, "kind", "Deployment"),
	"name": target.name,
} if {
	kind.of(o) in scalers
	target := kind.mapping(o, ["spec", "scaleTargetRef"])
}

_group(version) := split(version, "/")[0] if {
	is_string(version)
	contains(version, "/")
}

_group(version) := "" if {
	is_string(version)
	not contains(version, "/")
}

# The object as something that can be scaled, to be compared with `scaled`.
scalable(o) := {
	"namespace": kind.namespace(o),
	"group": _group(o.apiVersion),
	"kind": o.kind,
	"name": kind.name(o),
}

replicas_at_most(o) := object.get(o, ["spec", "maxReplicas"], null) if kind.of(o) == "autoscaling/HorizontalPodAutoscaler"

replicas_at_most(o) := object.get(o, ["spec", "maxReplicaCount"], 100) if kind.of(o) == "keda.sh/ScaledObject"

# Queries in PromQL, wherever an object holds them: {"path", "query"}.
queries(o) := [{"path": ["spec", "triggers", i, "metadata", "query"], "query": trigger.metadata.query} |
	some i, trigger in kind.items(o.spec, ["triggers"])
	is_string(trigger.metadata.query)
] if kind.of(o) == "keda.sh/ScaledObject"

queries(o) := [{"path": ["spec", "groups", g, "rules", r, "expr"], "query": rule.expr} |
	some g, group in kind.items(o.spec, ["groups"])
	some r, rule in kind.items(group, ["rules"])
	is_string(rule.expr)
] if kind.of(o) == "monitoring.coreos.com/PrometheusRule"

queries(o) := [{"path": ["spec", "predictor", "autoScaling", "metrics", i, "external", "metric", "query"], "query": query} |
	some i, metric in kind.items(o.spec.predictor.autoScaling, ["metrics"])
	query := metric.external.metric.query
	is_string(query)
] if kind.of(o) == "serving.kserve.io/InferenceService"

# A latency of so many seconds is meant as milliseconds: nobody waits as long for a token, or for an answer.
longest_latency(name) := 10 if {
	regex.match(`first_token|ttft|inter_token|per_output_token|tpot|queue_time|prefill_time`, lower(name))
} else := 600 if {
	regex.match(`latency|request_duration|response_time|inference_time|decode_time`, lower(name))
}
