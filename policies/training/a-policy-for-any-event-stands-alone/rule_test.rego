package policies.training["a-policy-for-any-event-stands-alone_test"]

import data.policies.training["a-policy-for-any-event-stands-alone"] as rule

_job(policies) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"policies": policies, "tasks": [{"policies": [{"event": "PodFailed"}]}]}}

test_beside_another if count(rule.findings) == 1 with input as {"object": _job([{"event": "*"}, {"event": "PodFailed"}])}

test_in_one_list if count(rule.findings) == 1 with input as {"object": _job([{"events": ["*", "PodFailed"]}])}

test_beside_an_exit_code if count(rule.findings) == 0 with input as {"object": _job([{"event": "*"}, {"exitCode": 3}])}
