package policies.training["runs-have-a-deadline_test"]

import data.policies.training["runs-have-a-deadline"] as rule

_pod := {"spec": {"containers": [{"name": "m", "resources": {"limits": {"nvidia.com/gpu": 1}}}]}}

_found(spec) := count(found) if found := rule.findings with input as {"object": {"apiVersion": "batch/v1", "kind": "Job", "spec": spec}}

test_without if _found({"template": _pod, "backoffLimit": 3}) == 1

test_of_the_job if _found({"template": _pod, "activeDeadlineSeconds": 60}) == 0

test_of_the_pod if _found({"template": {"spec": object.union(_pod.spec, {"activeDeadlineSeconds": 60})}}) == 0

test_null if _found({"template": _pod, "activeDeadlineSeconds": null}) == 1

test_without_gpus if _found({"template": {"spec": {"containers": [{"name": "m"}]}}}) == 0
