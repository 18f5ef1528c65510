package policies.training["volcano-events-exist_test"]

import data.policies.training["volcano-events-exist"] as rule

_job(policies) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"policies": policies, "tasks": []}}

test_unknown if count(rule.findings) == 2 with input as {"object": _job([{"event": "PodCrashed"}, {"events": ["PodFailed", "JobFailed"]}])}

test_known if count(rule.findings) == 0 with input as {"object": _job([{"event": "*"}, {"events": ["PodFailed"]}, {"exitCode": 3}, {"event": null}])}

test_in_a_task if {
	count(rule.findings) == 1 with input as {"object": {"spec": {"tasks": [{"policies": [{"event": "Done"}]}]}}}
}
