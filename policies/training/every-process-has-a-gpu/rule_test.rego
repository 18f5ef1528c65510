package policies.training["every-process-has-a-gpu_test"]

import data.policies.training["every-process-has-a-gpu"] as rule

_found(object) := count(found) if found := rule.findings with input as {"object": object}

_pod(command, limits) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "t", "command": command, "resources": {"limits": limits}}]}}

_four := {"nvidia.com/gpu": "4"}

test_more_processes_than_gpus if {
	_found(_pod(["torchrun", "--nproc_per_node=8", "x.py"], _four)) == 1
	_found(_pod(["torchrun", "--nproc-per-node", "8", "x.py"], _four)) == 1
}

test_fits if {
	every word in ["--nproc_per_node=4", "--nproc_per_node=2", "--nproc_per_node=gpu", "--nproc_per_node=auto", "--nproc_per_node=$N"] {
		_found(_pod(["torchrun", word, "x.py"], _four)) == 0
	}
}

test_without_gpus_on_the_cpu if _found(_pod(["torchrun", "--nproc_per_node=8", "x.py"], {"cpu": 8})) == 0

test_an_open_quantity if _found(_pod(["torchrun", "--nproc_per_node=8", "x.py"], {"nvidia.com/gpu": "${GPUS}"})) == 0

_job(spec, command) := {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": object.union(spec, {"pytorchReplicaSpecs": {"Worker": {
	"replicas": 1,
	"template": {"spec": {"containers": [{"name": "pytorch", "command": command, "resources": {"limits": _four}}]}},
}}})}

test_the_field_of_a_pytorchjob if {
	_found(_job({"nprocPerNode": "8"}, ["torchrun", "x.py"])) == 1
	_found(_job({"nprocPerNode": "auto"}, ["torchrun", "x.py"])) == 0
	_found(_job({"nprocPerNode": "8"}, ["torchrun", "--nproc_per_node=4", "x.py"])) == 0
	_found(_job({"nprocPerNode": null}, ["torchrun", "x.py"])) == 0
}

test_a_trainjob if {
	trainer := {"numProcPerNode": 8, "resourcesPerNode": {"limits": _four}}
	_found({"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": {"trainer": trainer}}) == 1
	_found({"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": {"trainer": {"numProcPerNode": 8}}}) == 0
	_found({"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": {"trainer": null}}) == 0
}
