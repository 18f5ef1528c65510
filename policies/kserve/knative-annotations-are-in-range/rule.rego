# METADATA
# title: Knative's windows on an InferenceService are as long as Knative lets them be
# custom:
#   class: regretted
#   severity: error
#   kinds: [serving.kserve.io/InferenceService]
#   remedy: stay between 6s and 1h for the window, and at most 1h for the others
#   sources:
#     - knative serving pkg/apis/autoscaling/annotation_validation.go (validateWindow, validateLastPodRetention)
package policies.kserve["knative-annotations-are-in-range"]

import data.lib.kserve

findings contains {"path": wrong.path, "message": message} if {
	some place in [["metadata", "annotations"], ["spec", "predictor", "annotations"], ["spec", "transformer", "annotations"]]
	some wrong in kserve.windows_out_of_range(input.object, place)
	message := sprintf("sets %s to %s, and Knative takes %s: the service is never made", [wrong.name, wrong.value, wrong.range])
}
