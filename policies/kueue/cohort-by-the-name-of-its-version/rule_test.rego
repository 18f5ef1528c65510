package policies.kueue["cohort-by-the-name-of-its-version_test"]

import data.policies.kueue["cohort-by-the-name-of-its-version"] as rule

_found(object) := found if {
	found := rule.findings with input as {"object": object}
}

_of(kind, version, spec) := _found({"apiVersion": sprintf("kueue.x-k8s.io/%s", [version]), "kind": kind, "spec": spec})

test_the_old_field_in_v1beta2 if count(_of("ClusterQueue", "v1beta2", {"cohort": "llm"})) == 1

test_the_new_field_in_v1beta1 if count(_of("ClusterQueue", "v1beta1", {"cohortName": "llm"})) == 1

test_both_fields_are_one_too_many if count(_of("ClusterQueue", "v1beta2", {"cohort": "llm", "cohortName": "llm"})) == 1

test_the_right_fields if {
	count(_of("ClusterQueue", "v1beta2", {"cohortName": "llm"})) == 0
	count(_of("ClusterQueue", "v1beta1", {"cohort": "llm"})) == 0
	count(_of("Cohort", "v1beta2", {"parentName": "llm"})) == 0
}

test_a_version_that_is_unknown if count(_of("ClusterQueue", "v1", {"cohort": "llm"})) == 0
