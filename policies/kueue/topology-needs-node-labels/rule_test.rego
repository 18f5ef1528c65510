package policies.kueue["topology-needs-node-labels_test"]

import data.policies.kueue["topology-needs-node-labels"] as rule

_found(spec) := found if {
	found := rule.findings with input as {"object": {"kind": "ResourceFlavor", "spec": spec}}
}

test_no_labels if count(_found({"topologyName": "racks"})) == 1

test_empty_labels if count(_found({"topologyName": "racks", "nodeLabels": {}})) == 1

test_a_label if count(_found({"topologyName": "racks", "nodeLabels": {"gpu": "h100"}})) == 0

test_no_topology if count(_found({"nodeLabels": {}})) == 0

test_no_spec if count(_found(null)) == 0
