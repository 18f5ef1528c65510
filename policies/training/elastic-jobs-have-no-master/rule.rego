# METADATA
# title: An elastic PyTorchJob has no Master
# custom:
#   class: regretted
#   severity: error
#   kinds: [kubeflow.org/PyTorchJob]
#   mentions: [elasticPolicy]
#   remedy: make the Master one more Worker
#   sources:
#     - training-operator v1.9.4 pkg/controller.v1/pytorch/elastic.go (the endpoint is worker-0)
#     - 'training-operator v1.9.4 pkg/controller.v1/pytorch/pytorchjob_controller.go (the Master''s end is the job''s)'
package policies.training["elastic-jobs-have-no-master"]

import data.lib.kind

findings contains {"path": ["spec", "pytorchReplicaSpecs", "Master"], "message": message} if {
	is_object(input.object.spec.elasticPolicy)
	is_object(kind.mapping(input.object, ["spec", "pytorchReplicaSpecs"]).Master)
	message := "an elastic job meets at worker-0 and counts this Master as a node, yet succeeds when it alone does"
}
