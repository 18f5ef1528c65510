# METADATA
# title: A shared GPU has two shares or more
# custom:
#   class: regretted
#   severity: error
#   kinds: [ConfigMap]
#   remedy: write a number of replicas from 2 on, or leave the resource out
#   sources:
#     - k8s-device-plugin v0.20.0 (1b826ac) api/config/v1/replicas.go (UnmarshalJSON)
package policies.mig["shares-are-two-or-more"]

import data.lib.kind
import data.lib.mig

findings contains {"path": file.path, "message": message} if {
	some file in mig.sharing_files(input.object)
	some way in ["mps", "timeSlicing"]
	some resource in kind.items(file.spec, ["sharing", way, "resources"])
	is_string(resource.name)
	replicas := object.get(resource, "replicas", "no")
	_too_few(replicas)
	message := sprintf("%s has %v replicas under %s, the device plugin takes 2 or more", [resource.name, replicas, way])
}

_too_few(replicas) if replicas == "no"

_too_few(replicas) if {
	is_number(replicas)
	replicas < 2
}
