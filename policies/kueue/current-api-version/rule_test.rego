package policies.kueue["current-api-version_test"]

import data.policies.kueue["current-api-version"] as rule

_found(version, spec) := found if {
	found := rule.findings with input as {"object": {"apiVersion": version, "kind": "ClusterQueue", "spec": spec}}
}

test_v1beta1 if count(_found("kueue.x-k8s.io/v1beta1", {})) == 1

test_it_says_what_is_renamed if {
	some finding in _found("kueue.x-k8s.io/v1beta1", {"cohort": "llm"})
	contains(finding.message, "cohortName")
}

test_v1beta2 if count(_found("kueue.x-k8s.io/v1beta2", {})) == 0

test_what_comes_later_is_left_alone if count(_found("kueue.x-k8s.io/v1", {})) == 0
