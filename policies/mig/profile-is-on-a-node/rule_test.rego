package policies.mig["profile-is-on-a-node_test"]

import data.policies.mig["profile-is-on-a-node"] as rule

_pod(resource, selector) := {"apiVersion": "v1", "kind": "Pod", "spec": {
	"nodeSelector": selector,
	"containers": [{"resources": {"limits": {resource: 1}}}],
}}

_nodes := [
	{"pool": "mig", "nvidia.com/mig-1g.10gb.count": "7"},
	{"pool": "shared", "nvidia.com/mig-3g.40gb.count": "1", "nvidia.com/mig-3g.40gb.replicas": "4"},
	{"pool": "whole", "nvidia.com/gpu.count": "8"},
]

_found(resource, selector) := found if {
	found := rule.findings with input as {"object": _pod(resource, selector)} with data.facts as {"nodes": _nodes}
}

test_no_node_has_it if count(_found("nvidia.com/mig-2g.20gb", {})) == 1

test_another_node_has_it if count(_found("nvidia.com/mig-1g.10gb", {"pool": "whole"})) == 1

test_a_node_has_it if {
	count(_found("nvidia.com/mig-1g.10gb", {})) == 0
	count(_found("nvidia.com/mig-1g.10gb", {"pool": "mig"})) == 0
	count(_found("nvidia.com/mig-3g.40gb.shared", {})) == 0
}

test_whole_gpus if count(_found("nvidia.com/gpu", {})) == 0

test_it_would_look_where_nothing_is_known if {
	count(rule.findings) == 1 with input as {"object": _pod("nvidia.com/mig-1g.10gb", {})} with data.facts as {}
}
