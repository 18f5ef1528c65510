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

_runtimes := kind.all({"trainer.kubeflow.org/TrainingRuntime", "trainer.kubeflow.org/ClusterTrainingRuntime"})

# Only a runtime that is in the input tells anything: others may be in the cluster.
findings contains {"object": job.index, "path": ["spec", "runtimeRef"], "message": message} if {
	some job in kind.all({"trainer.kubeflow.org/TrainJob"})
	name := job.object.spec.runtimeRef.name
	wanted := _wanted(job.object)
	alike := [runtime.object | some runtime in _runtimes; kind.name(runtime.object) == name]
	count(alike) > 0
	every runtime in alike {
		not _answers(runtime, wanted, job.object)
	}
	message := sprintf("looks for the %v %v, and there is the %v", [wanted, name, concat(", ", sort([_called(runtime) | some runtime in alike]))])
}

_wanted(job) := value if {
	value := object.get(job, ["spec", "runtimeRef", "kind"], "ClusterTrainingRuntime")
	value in {"TrainingRuntime", "ClusterTrainingRuntime"}
}

_answers(runtime, wanted, _) if {
	runtime.kind == wanted
	wanted == "ClusterTrainingRuntime"
}

_answers(runtime, wanted, job) if {
	runtime.kind == wanted
	kind.namespace(runtime) == kind.namespace(job)
}

# Those that the Trainer itself brings along may be in the cluster beside one of the same name.
_answers(runtime, wanted, _) if {
	wanted == "ClusterTrainingRuntime"
	regex.match(`^(torch|deepspeed|mlx|jax|xgboost|torchtune)-`, kind.name(runtime))
}

_called(runtime) := sprintf("%s %s", [runtime.kind, kind.name(runtime)]) if runtime.kind == "ClusterTrainingRuntime"

_called(runtime) := sprintf("%v %v in %v", [runtime.kind, kind.name(runtime), kind.namespace(runtime)]) if runtime.kind == "TrainingRuntime"
