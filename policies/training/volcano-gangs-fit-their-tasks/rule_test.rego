package policies.training["volcano-gangs-fit-their-tasks_test"]

import data.policies.training["volcano-gangs-fit-their-tasks"] as rule

_job(spec) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": spec}

test_too_large if count(rule.findings) == 1 with input as {"object": _job({"minAvailable": 3, "tasks": [{"replicas": 1}, {"replicas": 1}]})}

test_equal if count(rule.findings) == 0 with input as {"object": _job({"minAvailable": 2, "tasks": [{"replicas": 1}, {"replicas": 1}]})}

test_replicas_that_are_missing_are_none if count(rule.findings) == 1 with input as {"object": _job({"minAvailable": 1, "tasks": [{"name": "a"}]})}

test_open_numbers if count(rule.findings) == 0 with input as {"object": _job({"minAvailable": 9, "tasks": [{"replicas": "${N}"}]})}

test_no_tasks_are_refused_for_another_reason if count(rule.findings) == 0 with input as {"object": _job({"minAvailable": 1, "tasks": []})}
