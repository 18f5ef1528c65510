# METADATA
# title: A node shares its GPUs in one way
# custom:
#   class: regretted
#   severity: error
#   kinds: [ConfigMap]
#   remedy: keep sharing.mps or sharing.timeSlicing, not both
#   sources:
#     - k8s-device-plugin v0.20.0 (1b826ac) README.md (Shared Access to GPUs), api/config/v1/sharing.go
package policies.mig["one-way-of-sharing"]

import data.lib.kind
import data.lib.mig

findings contains {"path": file.path, "message": message} if {
	some file in mig.sharing_files(input.object)
	count(kind.items(file.spec, ["sharing", "mps", "resources"])) > 0
	count(kind.items(file.spec, ["sharing", "timeSlicing", "resources"])) > 0
	message := "shares by MPS and by time-slicing: they exclude each other, and the device plugin takes MPS"
}
