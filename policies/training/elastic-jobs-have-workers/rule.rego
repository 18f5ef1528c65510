# METADATA
# title: An elastic PyTorchJob has workers
# custom:
#   class: rejected
#   severity: error
#   kinds: [kubeflow.org/PyTorchJob]
#   mentions: [elasticPolicy]
#   remedy: add a Worker, or take elasticPolicy out
#   upstream: must be configured if elastic policy is used
#   sources:
#     - training-operator v1.9.4 pkg/webhooks/pytorch/pytorchjob_webhook.go (validateSpec)
package policies.training["elastic-jobs-have-workers"]

import data.lib.kind

findings contains {"path": ["spec", "elasticPolicy"], "message": message} if {
	is_object(input.object.spec.elasticPolicy)
	not "Worker" in object.keys(kind.mapping(input.object, ["spec", "pytorchReplicaSpecs"]))
	message := "is elastic and has no Worker that could come and go"
}
