# METADATA
# title: Knative's windows are as long as Knative lets them be
# custom:
#   class: rejected
#   severity: error
#   kinds: [serving.knative.dev/Service]
#   remedy: stay between 6s and 1h for the window, and at most 1h for the others
#   upstream: "<= 1h0m0s"
#   sources:
#     - knative serving pkg/apis/autoscaling/annotation_validation.go (validateWindow, validateLastPodRetention)
package policies.autoscaling["knative-windows-are-in-range"]

import data.lib.kserve

findings contains {"path": wrong.path, "message": message} if {
	some wrong in kserve.windows_out_of_range(input.object, ["spec", "template", "metadata", "annotations"])
	message := sprintf("sets %s to %s, and Knative takes %s", [wrong.name, wrong.value, wrong.range])
}
