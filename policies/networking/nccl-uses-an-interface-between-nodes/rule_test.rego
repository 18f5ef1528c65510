package policies.networking["nccl-uses-an-interface-between-nodes_test"]

import data.policies.networking["nccl-uses-an-interface-between-nodes"] as rule

_found(replicas, name, value) := count(found) if found := rule.findings with input as {"object": {
	"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {"Worker": {"replicas": replicas, "template": {"spec": {"containers": [{
		"name": "pytorch", "resources": {"limits": {"nvidia.com/gpu": 8}}, "env": [{"name": name, "value": value}],
	}]}}}}},
}}

test_loopback if _found(2, "NCCL_SOCKET_IFNAME", "lo") == 1

test_exactly_loopback if _found(2, "GLOO_SOCKET_IFNAME", "=lo") == 1

test_all_but_loopback if {
	_found(2, "NCCL_SOCKET_IFNAME", "^lo") == 0
	_found(2, "NCCL_SOCKET_IFNAME", "eth0") == 0
}

test_one_pod_talks_to_itself if _found(1, "NCCL_SOCKET_IFNAME", "lo") == 0
