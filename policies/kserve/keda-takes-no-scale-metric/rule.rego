# METADATA
# title: With KEDA the metrics stand in autoScaling, not in scaleMetric
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: take scaleMetric out and write spec.predictor.autoScaling.metrics
#   upstream: ScaleMetric is not supported for KEDA
#   sources:
#     - kserve v0.20.0 pkg/apis/serving/v1beta1/inference_service_validation.go (validateScalingKedaCompExtension)
package policies.kserve["keda-takes-no-scale-metric"]

import data.lib.kserve

findings contains {"path": path, "message": message} if {
	kserve.mode(input.object) == "Standard"
	kserve.autoscaler_class(input.object) == "keda"
	some component in kserve.components(input.object)
	metric := component.spec.scaleMetric
	metric in {"cpu", "memory", "concurrency", "rps"}
	path := array.concat(component.path, ["scaleMetric"])
	message := sprintf("sets scaleMetric %s beside the autoscaler class keda", [metric])
}
