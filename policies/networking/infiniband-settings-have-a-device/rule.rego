# METADATA
# title: Settings for InfiniBand go with a device
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [NCCL_IB_]
#   looks_at: [annotations, words]
#   remedy: 'ask for the RDMA device (for example rdma/hca_shared_devices_a) in the container''s limits'
#   sources:
#     - k8s-rdma-shared-dev-plugin README.md and example/test-hca-pod.yaml
#     - 'sriov-network-device-plugin README.md (the resource''s name comes from its config)'
#     - NVIDIA NCCL user guide, environment variables
package policies.networking["infiniband-settings-have-a-device"]

import data.lib.kind
import data.lib.training
import data.lib.workload

findings contains {"path": array.concat(c.path, ["env", i]), "message": message} if {
	training.pods(input.object) > 1
	some c in workload.gpu_containers
	some i, variable in kind.items(c.container, ["env"])
	_wants_infiniband(variable)
	not _may_have_a_device(c)
	message := sprintf("sets %v, and the pod has no RDMA device: NCCL goes over TCP", [variable.name])
}

_wants_infiniband(variable) if {
	variable.name == "NCCL_IB_DISABLE"
	variable.value == "0"
}

_wants_infiniband(variable) if {
	variable.name in {"NCCL_IB_HCA", "NCCL_IB_GID_INDEX", "NCCL_IB_TC", "NCCL_IB_TIMEOUT", "NCCL_IB_QPS_PER_CONNECTION"}
	object.get(variable, "value", "") != ""
}

# Devices have names of the cluster's own: any extended resource but GPUs may be one.
_may_have_a_device(c) if {
	some field in ["limits", "requests"]
	some other in kind.items(c.pod.spec, ["containers"])
	some resource in object.keys(kind.mapping(other, ["resources", field]))
	contains(resource, "/")
	not workload.is_accelerator(resource)
}

_may_have_a_device(c) if c.container.securityContext.privileged == true

_may_have_a_device(c) if count(kind.items(c.pod.spec, ["resourceClaims"])) > 0

# A webhook adds the resource of a network that is named here.
_may_have_a_device(c) if {
	some key in object.keys(kind.mapping(c.pod.metadata, ["annotations"]))
	regex.match(`network|rdma|multus`, key)
}

_may_have_a_device(c) if {
	some volume in kind.items(c.pod.spec, ["volumes"])
	is_string(volume.hostPath.path)
}
