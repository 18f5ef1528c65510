package policies.mig["time-slices-are-given-out-singly_test"]

import data.policies.mig["time-slices-are-given-out-singly"] as rule

_map(config) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"config.yaml": yaml.marshal(config)}}

_found(slicing) := found if {
	found := rule.findings with input as {"object": _map({"version": "v1", "sharing": {"timeSlicing": object.union(
		{"resources": [{"name": "nvidia.com/gpu", "replicas": 4}]},
		slicing,
	)}})}
}

test_not_written if count(_found({})) == 1

test_false if count(_found({"failRequestsGreaterThanOne": false})) == 1

test_true if count(_found({"failRequestsGreaterThanOne": true})) == 0

test_nothing_is_sliced if count(_found({"resources": []})) == 0
