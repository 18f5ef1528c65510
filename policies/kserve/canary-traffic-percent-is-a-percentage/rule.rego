# METADATA
# title: canaryTrafficPercent lies between 0 and 100
# custom:
#   class: regretted
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: write a whole number from 0 to 100
#   sources:
#     - knative serving pkg/apis/serving/v1/route_validation.go (percent)
#     - kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/reconcilers/knative/ksvc_reconciler.go
package policies.kserve["canary-traffic-percent-is-a-percentage"]

import data.lib.kserve

findings contains {"path": path, "message": message} if {
	some component in kserve.components(input.object)
	percent := component.spec.canaryTrafficPercent
	is_number(percent)
	not _is_percentage(percent)
	path := array.concat(component.path, ["canaryTrafficPercent"])
	message := sprintf("asks for %v %% of the traffic: the route is refused, and the service is never ready again", [percent])
}

_is_percentage(percent) if {
	percent >= 0
	percent <= 100
}
