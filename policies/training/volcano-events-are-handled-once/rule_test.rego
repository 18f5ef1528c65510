package policies.training["volcano-events-are-handled-once_test"]

import data.policies.training["volcano-events-are-handled-once"] as rule

_job(policies) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"policies": policies, "tasks": [{"policies": [{"event": "PodFailed"}]}]}}

test_twice if count(rule.findings) == 1 with input as {"object": _job([{"event": "PodEvicted"}, {"events": ["PodPending", "PodEvicted"]}])}

test_twice_in_one_policy_counts_once if count(rule.findings) == 0 with input as {"object": _job([{"event": "PodEvicted", "events": ["PodEvicted", "PodEvicted"]}])}

test_job_and_task_are_apart if count(rule.findings) == 0 with input as {"object": _job([{"event": "PodFailed"}])}
