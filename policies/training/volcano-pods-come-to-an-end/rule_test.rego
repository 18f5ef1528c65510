package policies.training["volcano-pods-come-to-an-end_test"]

import data.policies.training["volcano-pods-come-to-an-end"] as rule

_task(name, restart, more) := object.union({"name": name, "replicas": 1, "template": {"spec": object.union(restart, {"containers": [{"name": "main"}]})}}, more)

_job(spec) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": spec}

_fixes(job) := {finding.fix.value | some finding in found} if {
	found := rule.findings with input as {"object": job}
}

test_missing if _fixes(_job({"plugins": {"pytorch": []}, "tasks": [_task("a", {}, {})]})) == {"OnFailure"}

test_null if _fixes(_job({"plugins": {"pytorch": []}, "tasks": [_task("a", {"restartPolicy": null}, {})]})) == {"OnFailure"}

test_a_policy_about_failures_needs_never if {
	spec := {"plugins": {"mpi": []}, "policies": [{"event": "PodFailed", "action": "RestartJob"}], "tasks": [_task("a", {}, {})]}
	_fixes(_job(spec)) == {"Never"}
}

test_never if _fixes(_job({"plugins": {"pytorch": []}, "tasks": [_task("a", {"restartPolicy": "Never"}, {})]})) == set()

test_workers_of_a_launcher_may_stay if {
	launcher := _task("master", {"restartPolicy": "OnFailure"}, {"policies": [{"event": "TaskCompleted", "action": "CompleteJob"}]})
	_fixes(_job({"plugins": {"mpi": []}, "tasks": [launcher, _task("worker", {}, {})]})) == set()
}

test_but_not_when_the_launcher_stays_too if {
	launcher := _task("master", {}, {"policies": [{"event": "TaskCompleted", "action": "CompleteJob"}]})
	count(rule.findings) == 2 with input as {"object": _job({"plugins": {"mpi": []}, "tasks": [launcher, _task("worker", {}, {})]})}
}

test_a_service_is_no_run if _fixes(_job({"tasks": [_task("nginx", {}, {})], "policies": [{"event": "PodEvicted", "action": "RestartJob"}]})) == set()

test_a_ray_cluster_stays if _fixes(_job({"plugins": {"ray": [], "pytorch": []}, "tasks": [_task("head", {}, {})]})) == set()

test_placeholder if _fixes(_job({"plugins": {"pytorch": []}, "tasks": [_task("a", {"restartPolicy": "${RESTART}"}, {})]})) == set()
