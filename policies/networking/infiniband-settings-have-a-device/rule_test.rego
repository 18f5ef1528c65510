package policies.networking["infiniband-settings-have-a-device_test"]

import data.policies.networking["infiniband-settings-have-a-device"] as rule

_found(pod, container) := count(found) if found := rule.findings with input as {"object": {
	"apiVersion": "batch/v1", "kind": "Job",
	"spec": {"parallelism": 2, "template": object.union(pod, {"spec": object.union(object.get(pod, "spec", {}), {"containers": [object.union(_gpu, container)]})})},
}}

_gpu := {"name": "m", "resources": {"limits": {"nvidia.com/gpu": 8}}}

_env(name, value) := {"env": [{"name": name, "value": value}]}

test_nothing_there if {
	_found({}, _env("NCCL_IB_DISABLE", "0")) == 1
	_found({}, _env("NCCL_IB_HCA", "mlx5")) == 1
}

test_off if _found({}, _env("NCCL_IB_DISABLE", "1")) == 0

test_a_value_from_elsewhere if _found({}, {"env": [{"name": "NCCL_IB_DISABLE", "valueFrom": {"configMapKeyRef": {}}}]}) == 0

test_there_may_be_one if {
	_found({}, object.union(_env("NCCL_IB_HCA", "mlx5"), {"resources": {"limits": {"rdma/ib": 1}}})) == 0
	_found({}, object.union(_env("NCCL_IB_HCA", "mlx5"), {"resources": {"limits": {"example.com/vf": 1}}})) == 0
	_found({"metadata": {"annotations": {"k8s.v1.cni.cncf.io/networks": "ib0"}}}, _env("NCCL_IB_HCA", "mlx5")) == 0
	_found({"spec": {"resourceClaims": [{"name": "nic"}]}}, _env("NCCL_IB_HCA", "mlx5")) == 0
	_found({"spec": {"volumes": [{"name": "ib", "hostPath": {"path": "/dev/infiniband"}}]}}, _env("NCCL_IB_HCA", "mlx5")) == 0
}
