package policies.accelerators["gpu-containers-are-not-privileged_test"]

import data.policies.accelerators["gpu-containers-are-not-privileged"] as rule

_found(context, gpus) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
		"securityContext": context,
		"resources": {"limits": {"nvidia.com/gpu": gpus}},
	}]}}}
}

test_privileged if count(_found({"privileged": true}, 1)) == 1

test_not_privileged if {
	count(_found({"privileged": false}, 1)) == 0
	count(_found({"capabilities": {"add": ["IPC_LOCK"]}}, 1)) == 0
	count(_found(null, 1)) == 0
}

test_without_a_gpu if count(_found({"privileged": true}, 0)) == 0
