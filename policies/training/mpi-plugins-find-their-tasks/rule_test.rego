package policies.training["mpi-plugins-find-their-tasks_test"]

import data.policies.training["mpi-plugins-find-their-tasks"] as rule

_job(arguments, names) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {
	"plugins": {"mpi": arguments},
	"tasks": [{"name": name} | some name in names],
}}

test_both_missing if count(rule.findings) == 2 with input as {"object": _job([], ["mpimaster", "mpiworker"])}

test_named if count(rule.findings) == 0 with input as {"object": _job(["--master=mpimaster", "--worker=mpiworker", "--port=22"], ["mpimaster", "mpiworker"])}

test_usual_names if count(rule.findings) == 0 with input as {"object": _job([], ["master", "worker"])}
