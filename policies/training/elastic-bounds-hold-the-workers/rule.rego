# METADATA
# title: 'An elastic job''s workers lie within its bounds'
# custom:
#   class: regretted
#   severity: error
#   kinds: [kubeflow.org/PyTorchJob]
#   mentions: [elasticPolicy]
#   remedy: let minReplicas <= Worker.replicas <= maxReplicas
#   sources:
#     - training-operator v1.9.4 pkg/controller.v1/pytorch/elastic.go (generateEnvNnodes)
#     - training-operator v1.9.4 pkg/apis/kubeflow.org/v1/pytorch_defaults.go (setElasticPolicy)
package policies.training["elastic-bounds-hold-the-workers"]

import data.lib.kind

findings contains {"path": ["spec", "elasticPolicy", "minReplicas"], "message": message} if {
	_scales_by_itself == false
	_least > _workers
	message := sprintf("training begins when %v nodes have met, and there are %v workers", [_least, _workers])
}

findings contains {"path": ["spec", "elasticPolicy", "maxReplicas"], "message": message} if {
	_scales_by_itself == false
	_most < _workers
	message := sprintf("training takes %v nodes at most, and there are %v workers", [_most, _workers])
}

_policy := input.object.spec.elasticPolicy

_specs := kind.mapping(input.object, ["spec", "pytorchReplicaSpecs"])

# With a Master the bounds count other nodes: another policy is about that.
_workers := number if {
	not _specs.Master
	is_object(_specs.Worker)
	number := _or(object.get(_specs.Worker, "replicas", null), 1)
	is_number(number)
}

# Who gives one bound alone has given both.
_least := number if {
	number := _or(kind.at(_policy, ["minReplicas"]), kind.at(_policy, ["maxReplicas"]))
	is_number(number)
}

_most := number if {
	number := _or(kind.at(_policy, ["maxReplicas"]), kind.at(_policy, ["minReplicas"]))
	is_number(number)
}

_or(value, _) := value if value != null

_or(value, otherwise) := otherwise if value == null

# An autoscaler would bring the workers between the bounds.
default _scales_by_itself := false

_scales_by_itself if count(kind.items(input.object, ["spec", "elasticPolicy", "metrics"])) > 0
