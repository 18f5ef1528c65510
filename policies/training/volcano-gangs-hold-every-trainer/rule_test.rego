package policies.training["volcano-gangs-hold-every-trainer_test"]

import data.policies.training["volcano-gangs-hold-every-trainer"] as rule

_task(name, replicas, command) := {"name": name, "replicas": replicas, "template": {"spec": {"containers": [{"name": "main", "command": command}]}}}

_job(spec) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": spec}

_fixed := ["torchrun", "--nnodes=8", "x.py"]

test_half_a_gang if {
	found := rule.findings with input as {"object": _job({"minAvailable": 4, "tasks": [_task("t", 8, _fixed)]})}
	some finding in found
	finding.fix.value == 8
}

test_left_out if count(rule.findings) == 0 with input as {"object": _job({"tasks": [_task("t", 8, _fixed)]})}

test_null if count(rule.findings) == 0 with input as {"object": _job({"minAvailable": null, "tasks": [_task("t", 8, _fixed)]})}

test_a_range_is_elastic if {
	job := _job({"minAvailable": 2, "plugins": {"pytorch": []}, "tasks": [_task("worker", 8, ["torchrun", "--nnodes", "2:8", "x.py"])]})
	count(rule.findings) == 0 with input as {"object": job}
}

test_the_plugin_counts_its_two_tasks_alone if {
	tasks := [_task("master", 1, []), _task("worker", 3, []), _task("board", 1, [])]
	count(rule.findings) == 0 with input as {"object": _job({"minAvailable": 4, "plugins": {"pytorch": null}, "tasks": tasks})}
	count(rule.findings) == 1 with input as {"object": _job({"minAvailable": 3, "plugins": {"pytorch": null}, "tasks": tasks})}
}

test_parameter_servers_may_go_on_without_some_workers if {
	tasks := [_task("ps", 2, ["python", "ps.py"]), _task("worker", 8, ["python", "w.py"])]
	count(rule.findings) == 0 with input as {"object": _job({"minAvailable": 4, "plugins": {"tensorflow": []}, "tasks": tasks})}
}

test_a_number_that_is_open if {
	count(rule.findings) == 0 with input as {"object": _job({"minAvailable": 1, "tasks": [_task("t", "${N}", _fixed)]})}
	count(rule.findings) == 0 with input as {"object": _job({"minAvailable": "${N}", "tasks": [_task("t", 8, _fixed)]})}
}

_saying(task, enough) := object.union(task, {"minAvailable": enough})

test_what_volcanos_webhook_writes_is_nobodys_word if {
	job := _job({"minAvailable": 4, "tasks": [_saying(_task("t", 8, _fixed), 8)]})
	count(rule.findings) == 1 with input as {"object": job}
}

test_a_task_that_may_go_on_with_fewer if {
	job := _job({"minAvailable": 4, "tasks": [_saying(_task("t", 8, _fixed), 4)]})
	count(rule.findings) == 0 with input as {"object": job}
}
