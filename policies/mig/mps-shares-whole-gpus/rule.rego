# METADATA
# title: MPS shares whole GPUs
# custom:
#   class: regretted
#   severity: error
#   kinds: [ConfigMap]
#   looks_at: [words]
#   remedy: share nvidia.com/gpu by MPS, or the MIG instances by time-slicing
#   sources:
#     - k8s-device-plugin v0.20.0 (1b826ac) README.md (With CUDA MPS), cmd/nvidia-device-plugin/main.go
package policies.mig["mps-shares-whole-gpus"]

import data.lib.kind
import data.lib.mig

findings contains {"path": file.path, "message": message} if {
	some file in mig.sharing_files(input.object)
	some resource in kind.items(file.spec, ["sharing", "mps", "resources"])
	startswith(resource.name, "nvidia.com/mig-")
	message := sprintf("shares %s by MPS, which only whole GPUs can", [resource.name])
}

findings contains {"path": file.path, "message": "shares by MPS with migStrategy mixed: the device plugin does not start"} if {
	some file in mig.sharing_files(input.object)
	file.spec.flags.migStrategy == "mixed"
	count(kind.items(file.spec, ["sharing", "mps", "resources"])) > 0
}
