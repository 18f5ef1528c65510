# METADATA
# title: Modes, components and canaries of KServe
package lib.kserve

import data.lib.kind
import data.lib.quantity

_modes := {"Knative": "Knative", "Serverless": "Knative", "Standard": "Standard", "RawDeployment": "Standard"}

# Knative or Standard: what the object asks for, else what is known of the cluster; undefined when neither says.
mode(o) := _modes[kind.annotations(o)["serving.kserve.io/deploymentMode"]]

mode(o) := _modes[data.facts.kserve.deployment_mode] if {
	not kind.annotations(o)["serving.kserve.io/deploymentMode"]
}

autoscaler_class(o) := object.get(kind.annotations(o), "serving.kserve.io/autoscalerClass", "")

# Predictor, transformer and explainer, those that there are: {"role", "path", "spec"}.
components(o) := [found |
	some role in ["predictor", "transformer", "explainer"]
	is_object(o.spec[role])
	found := {"role": role, "path": ["spec", role], "spec": o.spec[role]}
]

canaries(o) := found if {
	found := kind.items(o, ["spec", "canary"])
	every canary in found {
		is_object(canary)
	}
} else := []

# The Deployments that KServe makes for an InferenceService in Standard mode.
deployments(o) := {name |
	some component in components(o)
	name := sprintf("%s-%s", [_variant(o, component), component.role])
}

_variant(o, component) := sprintf("%s-%s", [kind.name(o), component.spec.name]) if {
	component.role == "predictor"
	is_string(component.spec.name)
} else := kind.name(o)

# Durations among Knative's annotations, and the least and most that each may be, in seconds.
windows := {
	"autoscaling.knative.dev/window": {"least": 6, "most": 3600, "range": "6s to 1h"},
	"autoscaling.knative.dev/scale-down-delay": {"least": 0, "most": 3600, "range": "0s to 1h"},
	"autoscaling.knative.dev/scale-to-zero-pod-retention-period": {"least": 0, "most": 3600, "range": "0s to 1h"},
}

# Such annotations that are out of their range, in the mapping at a path: {"path", "name", "value", "range"}.
windows_out_of_range(o, path) := [found |
	some name, allowed in windows
	value := kind.mapping(o, path)[name]
	length := quantity.seconds(value)
	not _within(length, allowed)
	found := {"path": array.concat(path, [name]), "name": name, "value": value, "range": allowed.range}
]

_within(length, allowed) if {
	length >= allowed.least
	length <= allowed.most
}
