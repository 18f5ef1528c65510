package policies.mig["tensor-parallel-needs-whole-gpus_test"]

import data.policies.mig["tensor-parallel-needs-whole-gpus"] as rule

_found(resource, args) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
		"args": args,
		"resources": {"limits": {resource: 2}},
	}]}}}
}

test_two_instances if {
	count(_found("nvidia.com/mig-3g.40gb", ["--tensor-parallel-size", "2"])) == 1
	count(_found("nvidia.com/mig-3g.40gb", ["--tensor-parallel-size=2"])) == 1
	count(_found("nvidia.com/mig-3g.40gb", ["-tp", "2"])) == 1
}

test_alone if {
	count(_found("nvidia.com/mig-3g.40gb", ["--tensor-parallel-size=1"])) == 0
	count(_found("nvidia.com/mig-3g.40gb", [])) == 0
}

test_whole_gpus if count(_found("nvidia.com/gpu", ["--tensor-parallel-size=2"])) == 0

test_what_is_filled_in_later if count(_found("nvidia.com/mig-3g.40gb", ["--tensor-parallel-size=$(TP)"])) == 0
