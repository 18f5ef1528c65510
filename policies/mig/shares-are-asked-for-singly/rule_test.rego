package policies.mig["shares-are-asked-for-singly_test"]

import data.policies.mig["shares-are-asked-for-singly"] as rule

_found(limits) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"resources": {"limits": limits}}]}}}
}

test_two_shares if {
	count(_found({"nvidia.com/gpu.shared": 2})) == 1
	count(_found({"nvidia.com/mig-1g.10gb.shared": "2"})) == 1
}

test_one_share if count(_found({"nvidia.com/gpu.shared": 1})) == 0

test_two_gpus if count(_found({"nvidia.com/gpu": 2})) == 0
