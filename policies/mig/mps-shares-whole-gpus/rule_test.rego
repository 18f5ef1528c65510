package policies.mig["mps-shares-whole-gpus_test"]

import data.policies.mig["mps-shares-whole-gpus"] as rule

_map(config) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"config.yaml": yaml.marshal(config)}}

_found(config) := found if {
	found := rule.findings with input as {"object": _map(config)}
}

_by(way, name) := {"version": "v1", "sharing": {way: {"resources": [{"name": name, "replicas": 2}]}}}

test_instances if count(_found(_by("mps", "nvidia.com/mig-1g.10gb"))) == 1

test_whole_gpus if count(_found(_by("mps", "nvidia.com/gpu"))) == 0

test_instances_by_time_slicing if count(_found(_by("timeSlicing", "nvidia.com/mig-1g.10gb"))) == 0

test_the_strategy if {
	count(_found(object.union(_by("mps", "nvidia.com/gpu"), {"flags": {"migStrategy": "mixed"}}))) == 1
	count(_found(object.union(_by("mps", "nvidia.com/gpu"), {"flags": {"migStrategy": "single"}}))) == 0
	count(_found(object.union(_by("timeSlicing", "nvidia.com/gpu"), {"flags": {"migStrategy": "mixed"}}))) == 0
}
