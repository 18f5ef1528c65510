package policies.mig["instances-fit-on-the-gpu_test"]

import data.policies.mig["instances-fit-on-the-gpu"] as rule

_map(config) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"config.yaml": yaml.marshal(config)}}

_profile(name, compute, size, most) := {"name": name, "compute_slices": compute, "size": size, "max_instances": most}

_gpus := {
	"A100": {"product": "NVIDIA-A100", "mig": {"compute_slices": 7, "memory_slices": 8, "profiles": [
		_profile("1g.5gb", 1, 1, 7), _profile("3g.20gb", 3, 4, 2),
	]}},
	"H100": {"product": "NVIDIA-H100", "mig": {"compute_slices": 7, "memory_slices": 8, "profiles": [
		_profile("1g.10gb", 1, 1, 7), _profile("2g.20gb", 2, 2, 3), _profile("3g.40gb", 3, 4, 2), _profile("4g.40gb", 4, 4, 1),
	]}},
	"L40S": {"product": "NVIDIA-L40S", "mig": null},
}

_found(devices) := found if {
	found := rule.findings with input as {"object": _map({"version": "v1", "mig-configs": {"a": [{"devices": "all", "mig-enabled": true, "mig-devices": devices}]}})} with data.gpus as _gpus
}

test_it_fits if {
	count(_found({"3g.40gb": 2})) == 0
	count(_found({"3g.40gb": 1, "2g.20gb": 2})) == 0
	count(_found({"4g.40gb": 1, "3g.40gb": 1})) == 0
	count(_found({"1g.10gb": 7})) == 0
	count(_found({})) == 0
}

test_memory_slices if {
	some finding in _found({"3g.40gb": 2, "1g.10gb": 1})
	contains(finding.message, "9 of 8 memory slices")
}

test_compute_slices if {
	some finding in _found({"4g.40gb": 1, "2g.20gb": 2})
	contains(finding.message, "8 of 7 compute slices")
}

test_more_than_the_limit if {
	some finding in _found({"4g.40gb": 2})
	contains(finding.message, "2 x 4g.40gb, of which it has at most 1")
}

test_profiles_of_two_gpus if count(_found({"1g.5gb": 1, "3g.40gb": 1})) == 1

test_a_gpu_that_we_do_not_know if {
	count(_found({"3g.139gb": 2})) == 0
	count(_found({"3g.139gb": 2, "1g.35gb": 1})) == 0
	count(_found({"3g.139gb": 2, "1g.35gb": 2})) == 1
}

test_none_of_it if count(_found({"3g.40gb": 0, "1g.10gb": 7})) == 0

test_what_is_no_number if count(_found({"3g.40gb": "two"})) == 0
