package policies.training["torchrun-waits-for-the-nodes-that-start_test"]

import data.policies.training["torchrun-waits-for-the-nodes-that-start"] as rule

_pod(command) := {"spec": {"containers": [{"name": "pytorch", "command": command}]}}

_volcano(tasks) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"tasks": tasks}}

_found(object) := count(found) if found := rule.findings with input as {"object": object}

_on(flag) := ["torchrun", flag, "x.py"]

test_too_few_pods if _found(_volcano([{"name": "t", "replicas": 4, "template": _pod(_on("--nnodes=8"))}])) == 1

test_tasks_together if {
	tasks := [{"name": "master", "replicas": 1, "template": _pod(_on("--nnodes=4"))}, {"name": "worker", "replicas": 3, "template": _pod(_on("--nnodes=4"))}]
	_found(_volcano(tasks)) == 0
}

test_what_is_open if {
	every flag in ["--nnodes=$NNODES", "--nnodes=1:4", "--nnodes=${N:-2}", "--standalone", "--nnodes=1", "--nnodes"] {
		_found(_volcano([{"name": "t", "replicas": 3, "template": _pod(_on(flag))}])) == 0
	}
}

test_apart_and_quoted if {
	_found(_volcano([{"name": "t", "replicas": 3, "template": _pod(["bash", "-c", "python -m torch.distributed.run --nnodes '2' x.py"])}])) == 1
	_found(_volcano([{"name": "t", "replicas": "${N}", "template": _pod(_on("--nnodes=2"))}])) == 0
}

test_several_commands_in_one_script if {
	_found(_volcano([{"name": "t", "replicas": 3, "template": _pod(["bash", "-c", "torchrun --nnodes=3 a.py; torchrun --nnodes=2 b.py"])}])) == 0
}

test_master_and_workers if {
	roles := {"Master": {"replicas": 1, "template": _pod(_on("--nnodes=4"))}, "Worker": {"replicas": 4, "template": _pod(_on("--nnodes=4"))}}
	_found({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": roles}}) == 2
}

test_elastic if {
	spec := {"elasticPolicy": {"minReplicas": 1}, "pytorchReplicaSpecs": {"Worker": {"replicas": 4, "template": _pod(_on("--nnodes=2"))}}}
	_found({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": spec}) == 0
}

test_a_job_may_hold_several_groups if {
	_found({"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 4, "template": _pod(_on("--nnodes=2"))}}) == 0
	_found({"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 3, "template": _pod(_on("--nnodes=2"))}}) == 1
}

test_as_many_as_complete if {
	_found({"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 3, "completions": 2, "template": _pod(_on("--nnodes=2"))}}) == 0
	_found({"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 3, "completions": 5, "template": _pod(_on("--nnodes=2"))}}) == 1
}

test_leader_worker_set if {
	template := {"size": 4, "workerTemplate": _pod(_on("--nnodes=4"))}
	_found({"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "spec": {"replicas": 2, "leaderWorkerTemplate": template}}) == 0
}
