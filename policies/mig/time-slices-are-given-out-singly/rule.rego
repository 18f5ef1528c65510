# METADATA
# title: Time-slices are given out one at a time
# custom:
#   class: advice
#   severity: warning
#   kinds: [ConfigMap]
#   remedy: set sharing.timeSlicing.failRequestsGreaterThanOne to true
#   sources:
#     - k8s-device-plugin v0.20.0 (1b826ac) README.md (With CUDA Time-Slicing)
package policies.mig["time-slices-are-given-out-singly"]

import data.lib.kind
import data.lib.mig

findings contains {"path": file.path, "message": message} if {
	some file in mig.sharing_files(input.object)
	count(kind.items(file.spec, ["sharing", "timeSlicing", "resources"])) > 0
	object.get(file.spec.sharing.timeSlicing, "failRequestsGreaterThanOne", false) == false
	message := "gives a pod several time-slices, as if they were several GPUs"
}
