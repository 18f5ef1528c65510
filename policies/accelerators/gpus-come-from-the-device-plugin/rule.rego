# METADATA
# title: GPUs come from the device plugin, not from an environment variable
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [NVIDIA_VISIBLE_DEVICES]
#   looks_at: [words]
#   remedy: take NVIDIA_VISIBLE_DEVICES out and ask for nvidia.com/gpu under limits
#   sources:
#     - k8s-device-plugin v0.20.0 README (all GPUs are exposed to containers that use NVIDIA_VISIBLE_DEVICES)
#     - cncf/ai-conformance secure_accelerator_access
package policies.accelerators["gpus-come-from-the-device-plugin"]

import data.lib.kind
import data.lib.workload

findings contains {"path": array.concat(c.path, ["env", i, "value"]), "message": message} if {
	not workload.is_agent(input.object)
	some c in workload.containers
	some i, variable in kind.items(c.container, ["env"])
	variable.name == "NVIDIA_VISIBLE_DEVICES"
	is_string(variable.value)
	regex.match(`^(all|(GPU|MIG)-.*|[0-9]+(:[0-9]+)?(,[0-9]+(:[0-9]+)?)*)$`, variable.value)
	message := sprintf("takes the GPUs %s past the scheduler", [variable.value])
}
