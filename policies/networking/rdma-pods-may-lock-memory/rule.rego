# METADATA
# title: A pod that uses RDMA may lock memory
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [rdma, hca]
#   remedy: 'add IPC_LOCK to the container''s capabilities'
#   sources:
#     - k8s-rdma-shared-dev-plugin README.md and example/test-hca-pod.yaml
package policies.networking["rdma-pods-may-lock-memory"]

import data.lib.kind
import data.lib.workload

findings contains {"path": array.concat(c.path, ["securityContext", "capabilities", "add"]), "message": message} if {
	some c in workload.containers
	c.gpus > 0
	some resource in object.keys(kind.mapping(c.container, ["resources", "limits"]))
	regex.match(`^rdma/|/[a-z0-9_.-]*(rdma|hca)`, resource)
	not _may_lock(c.container)
	message := sprintf("has %v and may not lock memory, which RDMA registers its buffers with", [resource])
}

_may_lock(container) if container.securityContext.privileged == true

_may_lock(container) if {
	some capability in kind.items(container, ["securityContext", "capabilities", "add"])
	capability in {"IPC_LOCK", "CAP_IPC_LOCK", "ALL", "SYS_ADMIN"}
}
