package policies.mig["shares-are-two-or-more_test"]

import data.policies.mig["shares-are-two-or-more"] as rule

_map(config) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"config.yaml": yaml.marshal(config)}}

_found(resource) := found if {
	found := rule.findings with input as {"object": _map({"version": "v1", "sharing": {"timeSlicing": {"resources": [resource]}}})}
}

test_one if count(_found({"name": "nvidia.com/gpu", "replicas": 1})) == 1

test_none if count(_found({"name": "nvidia.com/gpu"})) == 1

test_two if count(_found({"name": "nvidia.com/gpu", "replicas": 2})) == 0

test_what_is_no_number if count(_found({"name": "nvidia.com/gpu", "replicas": "${N}"})) == 0
