# METADATA
# title: minReplicas 0 stands where something can start the first pod again
# custom:
#   class: regretted
#   severity: warning
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: use Knative mode or the autoscaler class keda, or write the minimum that there will be
#   sources:
#     - kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/reconcilers/hpa/hpa_reconciler.go
package policies.kserve["scaling-to-zero-has-an-autoscaler-for-it"]

import data.lib.kserve

findings contains {"path": path, "message": message} if {
	kserve.mode(input.object) == "Standard"
	kserve.autoscaler_class(input.object) in {"", "hpa"}
	some component in kserve.components(input.object)
	component.spec.minReplicas == 0
	path := array.concat(component.path, ["minReplicas"])
	message := sprintf("may go down to no %s, and its HPA never goes below 1: the GPUs stay taken", [component.role])
}
