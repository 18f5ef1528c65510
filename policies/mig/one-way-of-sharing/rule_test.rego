package policies.mig["one-way-of-sharing_test"]

import data.policies.mig["one-way-of-sharing"] as rule

_map(config) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"config.yaml": yaml.marshal(config)}}

_found(sharing) := found if {
	found := rule.findings with input as {"object": _map({"version": "v1", "sharing": sharing})}
}

_resources := {"resources": [{"name": "nvidia.com/gpu", "replicas": 4}]}

test_both if count(_found({"mps": _resources, "timeSlicing": _resources})) == 1

test_one_of_them if {
	count(_found({"mps": _resources})) == 0
	count(_found({"timeSlicing": _resources})) == 0
	count(_found({"mps": _resources, "timeSlicing": {}})) == 0
	count(_found({"mps": null, "timeSlicing": _resources})) == 0
}

test_each_in_its_own_file if {
	object := {"kind": "ConfigMap", "data": {
		"a": yaml.marshal({"version": "v1", "sharing": {"mps": _resources}}),
		"b": yaml.marshal({"version": "v1", "sharing": {"timeSlicing": _resources}}),
	}}
	count(rule.findings) == 0 with input as {"object": object}
}
