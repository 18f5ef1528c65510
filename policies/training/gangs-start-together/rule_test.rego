package policies.training["gangs-start-together_test"]

import data.policies.training["gangs-start-together"] as rule

_found(object) := count(found) if found := rule.findings with input as {"object": object}

_pod(pod, flag) := {"spec": object.union(pod, {"containers": [{"name": "pytorch", "command": ["torchrun", flag, "x.py"], "resources": {"limits": {"nvidia.com/gpu": 8}}}]})}

_job(metadata, spec, pod) := {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": metadata, "spec": object.union(spec, {"pytorchReplicaSpecs": {
	"Master": {"replicas": 1, "template": pod},
	"Worker": {"replicas": 3, "template": pod},
}})}

_bare := _pod({}, "--nnodes=4")

test_bare if _found(_job({}, {}, _bare)) == 1

test_default_scheduler if _found(_job({}, {}, _pod({"schedulerName": "default-scheduler"}, "--nnodes=4"))) == 1

test_evidence if {
	_found(_job({"labels": {"kueue.x-k8s.io/queue-name": "a"}}, {}, _bare)) == 0
	_found(_job({}, {"runPolicy": {"schedulingPolicy": {"minAvailable": 4}}}, _bare)) == 0
	_found(_job({}, {"runPolicy": {"suspend": true}}, _bare)) == 0
	_found(_job({}, {}, _pod({"schedulerName": "volcano"}, "--nnodes=4"))) == 0
	_found(_job({}, {}, _pod({"schedulingGates": [{"name": "x"}]}, "--nnodes=4"))) == 0
	_found(_job({}, {}, object.union(_bare, {"metadata": {"annotations": {"scheduling.k8s.io/group-name": "g"}}}))) == 0
	_found(_job({}, {"elasticPolicy": {"minReplicas": 2}}, _bare)) == 0
}

test_jobs_of_independent_pods_are_no_gang if {
	_found({"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 4, "template": _pod({}, "--standalone")}}) == 0
	_found({"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 4, "template": _pod({}, "--nnodes=4")}}) == 1
}

test_one_pod if _found({"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": _pod({}, "--nnodes=4")}}) == 0
