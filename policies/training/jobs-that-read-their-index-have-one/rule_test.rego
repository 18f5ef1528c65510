package policies.training["jobs-that-read-their-index-have-one_test"]

import data.policies.training["jobs-that-read-their-index-have-one"] as rule

_found(spec, container) := count(found) if found := rule.findings with input as {"object": {
	"apiVersion": "batch/v1", "kind": "Job", "spec": object.union(spec, {"template": {"spec": {"containers": [container]}}}),
}}

_reads := {"name": "m", "command": ["sh", "-c", "torchrun --node_rank=$JOB_COMPLETION_INDEX x.py"]}

test_not_indexed if {
	_found({}, _reads) == 1
	_found({"completionMode": "NonIndexed"}, _reads) == 1
}

test_indexed if _found({"completionMode": "Indexed", "completions": 2}, _reads) == 0

test_with_a_default if _found({}, {"command": ["sh", "-c", "echo ${JOB_COMPLETION_INDEX:-0}"]}) == 0

test_set_by_hand if _found({}, object.union(_reads, {"env": [{"name": "JOB_COMPLETION_INDEX", "value": "0"}]})) == 0
