package policies.networking["rdma-pods-may-lock-memory_test"]

import data.policies.networking["rdma-pods-may-lock-memory"] as rule

_found(container) := count(found) if found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}}

_with(resource) := {"name": "m", "resources": {"limits": {"nvidia.com/gpu": 8, resource: 1}}}

_adding(capability) := {"securityContext": {"capabilities": {"add": [capability]}}}

test_may_not if {
	_found(_with("rdma/hca_shared_devices_a")) == 1
	_found(_with("mellanox.com/mlnx_sriov_rdma")) == 1
	_found(object.union(_with("rdma/ib"), {"securityContext": null})) == 1
	_found(object.union(_with("rdma/ib"), _adding("NET_ADMIN"))) == 1
}

test_may if {
	_found(object.union(_with("rdma/ib"), _adding("IPC_LOCK"))) == 0
	_found(object.union(_with("rdma/ib"), {"securityContext": {"privileged": true}})) == 0
}

test_other_devices if {
	_found(_with("vpc.amazonaws.com/efa")) == 0
	_found(_with("example.com/fpga")) == 0
}
