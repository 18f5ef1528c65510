package policies.kueue["flavor-matches-a-node_test"]

import data.policies.kueue["flavor-matches-a-node"] as rule

_nodes := [{"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "pool": "a"}, {"pool": "b"}]

_found(labels) := found if {
	found := rule.findings with input as {"object": {"kind": "ResourceFlavor", "spec": {"nodeLabels": labels}}} with data.facts as {"nodes": _nodes}
}

test_no_such_product if count(_found({"nvidia.com/gpu.product": "H100"})) == 1

test_no_node_has_both if count(_found({"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "pool": "b"})) == 1

test_a_node_has_them if count(_found({"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "pool": "a"})) == 0

test_any_node if count(_found({})) == 0

test_it_would_look_where_nothing_is_known if {
	count(rule.findings) == 1 with input as {"object": {"kind": "ResourceFlavor", "spec": {"nodeLabels": {"pool": "a"}}}} with data.facts as {}
}
