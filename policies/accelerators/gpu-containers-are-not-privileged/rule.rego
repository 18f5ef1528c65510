# METADATA
# title: Containers with GPUs are not privileged
# custom:
#   class: advice
#   severity: warning
#   kinds: [pods]
#   mentions: [privileged]
#   remedy: drop privileged; add the one capability that is needed, for example IPC_LOCK for RDMA
#   sources:
#     - kubernetes.io/docs/concepts/security/pod-security-standards
#     - cncf/ai-conformance secure_accelerator_access
package policies.accelerators["gpu-containers-are-not-privileged"]

import data.lib.workload

findings contains {"path": array.concat(c.path, ["securityContext", "privileged"]), "message": message} if {
	not workload.is_agent(input.object)
	some c in workload.gpu_containers
	c.container.securityContext.privileged == true
	message := sprintf("asks for %v GPUs and, being privileged, reaches all of the node", [c.gpus])
}
