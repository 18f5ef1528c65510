# METADATA
# title: 'A PyTorchJob''s roles are Master and Worker'
# custom:
#   class: rejected
#   severity: error
#   kinds: [kubeflow.org/PyTorchJob]
#   remedy: call the roles Master and Worker
#   upstream: Unsupported value
#   sources:
#     - training-operator v1.9.4 pkg/webhooks/pytorch/pytorchjob_webhook.go (validatePyTorchReplicaSpecs)
package policies.training["pytorchjob-roles-are-master-and-worker"]

import data.lib.kind

findings contains {"path": ["spec", "pytorchReplicaSpecs", role], "message": message} if {
	some role in object.keys(kind.mapping(input.object, ["spec", "pytorchReplicaSpecs"]))
	not role in {"Master", "Worker"}
	message := sprintf("a PyTorchJob has no role %v", [role])
}
