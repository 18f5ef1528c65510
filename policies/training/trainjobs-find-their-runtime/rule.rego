# METADATA
# title: A TrainJob finds its runtime
# custom:
#   class: regretted
#   severity: error
#   kinds:
#     - trainer.kubeflow.org/TrainJob
#     - trainer.kubeflow.org/TrainingRuntime
#     - trainer.kubeflow.org/ClusterTrainingRuntime
#   remedy: 'write runtimeRef.kind as the runtime''s kind, and put a TrainingRuntime into the TrainJob''s namespace'
#   across: true
#   sources:
#     - 'trainer v2.2.1 pkg/apis/trainer/v1alpha1/trainjob_types.go (RuntimeRef: kind defaults to ClusterTrainingRuntime)'
package policies.training["trainjobs-find-their-runtime"]

import data.lib.kind
import data.lib.objects

# The runtimes of each name, by kind and, where they have one, namespace.
_runtimes[key] contains _place(runtime.object.kind, runtime.object) if {
	some runtime in objects.of_kinds({"trainer.kubeflow.org/TrainingRuntime", "trainer.kubeflow.org/ClusterTrainingRuntime"})
	key := kind.name(runtime.object)
}

_there_is[name] := objects.listed({_called(name, place) | some place in places}) if some name, places in _runtimes

# Only a runtime that is in the input tells anything: others may be in the cluster.
findings contains {"object": job.index, "path": ["spec", "runtimeRef"], "message": message} if {
	some job in objects.of_kind["trainer.kubeflow.org/TrainJob"]
	name := job.object.spec.runtimeRef.name
	wanted := _wanted(job.object)
	there_is := _there_is[name]
	not _place(wanted, job.object) in _runtimes[name]
	not _is_of_the_trainer(wanted, name)
	message := sprintf("looks for the %v %v, and there is the %v", [wanted, name, there_is])
}

_wanted(job) := value if {
	value := object.get(job, ["spec", "runtimeRef", "kind"], "ClusterTrainingRuntime")
	value in {"TrainingRuntime", "ClusterTrainingRuntime"}
}

_place(runtime_kind, _) := [runtime_kind, ""] if runtime_kind == "ClusterTrainingRuntime"

_place(runtime_kind, o) := [runtime_kind, kind.namespace(o)] if runtime_kind == "TrainingRuntime"

# Those that the Trainer itself brings along may be in the cluster beside one of the same name.
_is_of_the_trainer(wanted, name) if {
	wanted == "ClusterTrainingRuntime"
	regex.match(`^(torch|deepspeed|mlx|jax|xgboost|torchtune)-`, name)
}

_called(name, place) := sprintf("%s %s", [place[0], name]) if place[1] == ""

_called(name, place) := sprintf("%v %v in %v", [place[0], name, place[1]]) if place[1] != ""
