# METADATA
# title: canaryTrafficPercent stands in an InferenceService in Knative mode
# custom:
#   class: regretted
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: use Knative mode, or spec.canary with a weighted HTTPRoute in Standard mode
#   sources:
#     - kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/reconcilers/knative/ksvc_reconciler.go
package policies.kserve["canary-traffic-percent-needs-knative"]

import data.lib.kserve

findings contains {"path": path, "message": message} if {
	kserve.mode(input.object) == "Standard"
	some component in kserve.components(input.object)
	percent := component.spec.canaryTrafficPercent
	path := array.concat(component.path, ["canaryTrafficPercent"])
	message := sprintf("asks for %v %% of the traffic, which Standard mode does not read: the new model gets all of it", [percent])
}
