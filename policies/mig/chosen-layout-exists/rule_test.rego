package policies.mig["chosen-layout-exists_test"]

import data.policies.mig["chosen-layout-exists"] as rule

_policy(name) := {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "spec": {"migManager": {"config": {"name": name}}}}

_map := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "layouts"}, "data": {"config.yaml": yaml.marshal({
	"version": "v1", "mig-configs": {"balanced": [{"devices": "all", "mig-enabled": true, "mig-devices": {}}]},
})}}

_node(layout) := {"apiVersion": "v1", "kind": "Node", "metadata": {"labels": {"nvidia.com/mig.config": layout}}}

_found(objects) := found if {
	found := rule.findings with input as {"objects": objects}
}

test_it_does_not_exist if count(_found([_policy("layouts"), _map, _node("all-balanced")])) == 1

test_it_exists if count(_found([_policy("layouts"), _map, _node("balanced")])) == 0

test_the_map_is_not_the_one_in_use if count(_found([_policy("others"), _map, _node("all-balanced")])) == 0

test_the_map_of_the_operator if count(_found([_map, _node("all-balanced")])) == 0

test_a_node_without_mig if count(_found([_policy("layouts"), _map, {"apiVersion": "v1", "kind": "Node", "metadata": {}}])) == 0
