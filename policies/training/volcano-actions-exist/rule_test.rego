package policies.training["volcano-actions-exist_test"]

import data.policies.training["volcano-actions-exist"] as rule

_job(policies) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"policies": policies, "tasks": []}}

test_unknown if count(rule.findings) == 1 with input as {"object": _job([{"events": ["PodFailed", "PodEvicted"], "action": "Restart"}])}

test_missing if count(rule.findings) == 1 with input as {"object": _job([{"event": "PodFailed"}])}

test_internal if count(rule.findings) == 1 with input as {"object": _job([{"event": "PodFailed", "action": "SyncJob"}])}

test_exit_codes_are_not_looked_at if count(rule.findings) == 0 with input as {"object": _job([{"exitCode": 3, "action": "Restart"}])}

test_known if count(rule.findings) == 0 with input as {"object": _job([{"event": "PodFailed", "action": "RestartPod"}])}
