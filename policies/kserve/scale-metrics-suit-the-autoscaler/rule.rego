# METADATA
# title: The scale metric is one that the autoscaler of this mode has
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: concurrency or rps with Knative's autoscaler, cpu or memory with an HPA
#   upstream: is not a supported metric
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/inference_service_validation.go (validateHPAMetrics, validateKPAMetrics)
package policies.kserve["scale-metrics-suit-the-autoscaler"]

import data.lib.kind
import data.lib.kserve

findings contains {"path": path, "message": message} if {
	some component in kserve.components(input.object)
	metric := component.spec.scaleMetric
	metric in {"cpu", "memory", "concurrency", "rps"}
	not metric in _metrics[_autoscaler]
	path := array.concat(component.path, ["scaleMetric"])
	message := sprintf("scales on %s, which %s does not know", [metric, _autoscaler])
}

_metrics := {"an HPA": {"cpu", "memory"}, "Knative's autoscaler": {"concurrency", "rps"}}

_autoscaler := "an HPA" if {
	kserve.mode(input.object) == "Standard"
	kserve.autoscaler_class(input.object) == "hpa"
}

_autoscaler := "an HPA" if {
	kserve.mode(input.object) == "Knative"
	_knative_class == "hpa.autoscaling.knative.dev"
}

_autoscaler := "Knative's autoscaler" if {
	kserve.mode(input.object) == "Knative"
	_knative_class != "hpa.autoscaling.knative.dev"
}

_knative_class := object.get(kind.annotations(input.object), "autoscaling.knative.dev/class", "")
