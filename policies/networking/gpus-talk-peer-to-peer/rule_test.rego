package policies.networking["gpus-talk-peer-to-peer_test"]

import data.policies.networking["gpus-talk-peer-to-peer"] as rule

_found(gpus, name, value) := count(found) if found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
	"name": "m", "resources": {"limits": {"nvidia.com/gpu": gpus}}, "env": [{"name": name, "value": value}],
}]}}}

test_off if _found(8, "NCCL_P2P_DISABLE", "1") == 1

test_on if _found(8, "NCCL_P2P_DISABLE", "0") == 0

test_one_gpu_has_no_peer if _found(1, "NCCL_P2P_DISABLE", "1") == 0
