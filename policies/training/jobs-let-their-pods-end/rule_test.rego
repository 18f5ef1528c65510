package policies.training["jobs-let-their-pods-end_test"]

import data.policies.training["jobs-let-their-pods-end"] as rule

_found(pod) := count(found) if found := rule.findings with input as {"object": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": pod}}}}

test_missing if _found({"containers": []}) == 1

test_null if _found({"restartPolicy": null}) == 1

test_always if _found({"restartPolicy": "Always"}) == 1

test_ends if {
	_found({"restartPolicy": "Never"}) == 0
	_found({"restartPolicy": "OnFailure"}) == 0
	_found({"restartPolicy": "${RESTART}"}) == 0
}
