# METADATA
# title: A pod asks for a MIG profile that its GPU has
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [nvidia.com/mig-]
#   remedy: ask for a profile of the selected GPU, or select the GPU that has it
#   sources:
#     - NVIDIA MIG user guide, Supported MIG Profiles
#     - k8s-device-plugin v0.20.0 (1b826ac) internal/rm/rm.go (names of resources)
package policies.mig["profile-of-the-selected-gpu"]

import data.lib.mig
import data.lib.workload

findings contains {"path": array.concat(c.path, ["resources", "limits", resource]), "message": message} if {
	some c in workload.containers
	some resource, _ in mig.resources(c.container)
	gpu := mig.gpu_of(workload.node_selector(c.pod)["nvidia.com/gpu.product"])
	profiles := _profiles(gpu)
	not mig.profile(resource) in profiles
	message := sprintf("%s has no profile %s; it has %s", [gpu, mig.profile(resource), _names(profiles)])
}

_profiles(gpu) := [profile.name | some profile in data.gpus[gpu].mig.profiles] if is_object(data.gpus[gpu].mig)

_profiles(gpu) := [] if not is_object(data.gpus[gpu].mig)

_names(profiles) := concat(", ", profiles) if count(profiles) > 0

_names(profiles) := "no MIG" if count(profiles) == 0
