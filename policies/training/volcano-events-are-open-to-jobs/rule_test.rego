package policies.training["volcano-events-are-open-to-jobs_test"]

import data.policies.training["volcano-events-are-open-to-jobs"] as rule

_job(policies) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"policies": policies, "tasks": []}}

test_its_own if count(rule.findings) == 2 with input as {"object": _job([{"event": "PodRunning"}, {"events": ["OutOfSync"]}])}

test_open if count(rule.findings) == 0 with input as {"object": _job([{"event": "PodPending"}])}
