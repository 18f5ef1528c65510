# METADATA
# title: GPUs of one pod talk peer to peer
# custom:
#   class: advice
#   severity: info
#   kinds: [pods]
#   mentions: [NCCL_P2P_DISABLE, NCCL_SHM_DISABLE]
#   looks_at: [words]
#   remedy: take NCCL_P2P_DISABLE and NCCL_SHM_DISABLE out
#   fixable: true
#   sources:
#     - NVIDIA NCCL user guide, environment variables (NCCL_P2P_DISABLE, NCCL_SHM_DISABLE)
package policies.networking["gpus-talk-peer-to-peer"]

import data.lib.kind
import data.lib.workload

findings contains {"path": path, "message": message, "fix": {"path": path, "remove": true}} if {
	some c in workload.containers
	c.gpus > 1
	some i, variable in kind.items(c.container, ["env"])
	variable.name in {"NCCL_P2P_DISABLE", "NCCL_SHM_DISABLE"}
	variable.value == "1"
	path := array.concat(c.path, ["env", i])
	message := sprintf("%v GPUs talk through the host (%v=1)", [c.gpus, variable.name])
}
