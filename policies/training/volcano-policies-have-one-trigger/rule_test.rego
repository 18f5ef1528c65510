package policies.training["volcano-policies-have-one-trigger_test"]

import data.policies.training["volcano-policies-have-one-trigger"] as rule

_job(policies) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"policies": policies, "tasks": []}}

test_both if count(rule.findings) == 1 with input as {"object": _job([{"event": "PodFailed", "exitCode": 3, "action": "AbortJob"}])}

test_none if count(rule.findings) == 1 with input as {"object": _job([{"action": "AbortJob", "events": [], "event": null}])}

test_one if count(rule.findings) == 0 with input as {"object": _job([{"events": ["PodFailed"], "exitCode": null}, {"exitCode": 0}])}
