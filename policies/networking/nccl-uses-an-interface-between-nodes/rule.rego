# METADATA
# title: NCCL uses an interface that leads to other nodes
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: ['"lo"', '"=lo"']
#   looks_at: [words]
#   remedy: 'set NCCL_SOCKET_IFNAME to the pod''s interface (eth0), or to ^lo,docker'
#   sources:
#     - NVIDIA NCCL user guide, environment variables (NCCL_SOCKET_IFNAME)
package policies.networking["nccl-uses-an-interface-between-nodes"]

import data.lib.kind
import data.lib.training
import data.lib.workload

findings contains {"path": array.concat(c.path, ["env", i]), "message": message} if {
	training.is_distributed(input.object)
	some c in workload.gpu_containers
	some i, variable in kind.items(c.container, ["env"])
	variable.name in {"NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"}
	variable.value in {"lo", "=lo"}
	message := sprintf("%v names the loopback, over which no other pod can be reached", [variable.name])
}
