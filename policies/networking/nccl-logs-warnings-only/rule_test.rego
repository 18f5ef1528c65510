package policies.networking["nccl-logs-warnings-only_test"]

import data.policies.networking["nccl-logs-warnings-only"] as rule

_found(variable) := found if found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
	"name": "m", "resources": {"limits": {"nvidia.com/gpu": 8}}, "env": [variable],
}]}}}

test_info if {
	some finding in _found({"name": "NCCL_DEBUG", "value": "INFO"})
	finding.fix == {"path": ["spec", "containers", 0, "env", 0, "value"], "value": "WARN"}
}

test_small_letters if count(_found({"name": "NCCL_DEBUG", "value": "trace"})) == 1

test_warn if count(_found({"name": "NCCL_DEBUG", "value": "WARN"})) == 0

test_from_elsewhere if count(_found({"name": "NCCL_DEBUG", "valueFrom": {}})) == 0

test_a_file_takes_it if count(_found({"name": "NCCL_DEBUG_FILE", "value": "/tmp/INFO"})) == 0
