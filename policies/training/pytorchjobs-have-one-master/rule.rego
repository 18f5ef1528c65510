# METADATA
# title: A PyTorchJob has one Master
# custom:
#   class: rejected
#   severity: error
#   kinds: [kubeflow.org/PyTorchJob]
#   remedy: set Master.replicas to 1
#   upstream: must be 1
#   fixable: true
#   sources:
#     - training-operator v1.9.4 pkg/webhooks/pytorch/pytorchjob_webhook.go (validatePyTorchReplicaSpecs)
package policies.training["pytorchjobs-have-one-master"]

import data.lib.kind

findings contains {"path": path, "message": message, "fix": {"path": path, "value": 1}} if {
	master := kind.mapping(input.object, ["spec", "pytorchReplicaSpecs"]).Master
	is_object(master)
	replicas := object.get(master, "replicas", null)
	replicas != 1
	not is_string(replicas)
	path := ["spec", "pytorchReplicaSpecs", "Master", "replicas"]
	message := _said(replicas)
}

_said(replicas) := sprintf("there is one Master, not %v", [replicas]) if is_number(replicas)

_said(replicas) := "the number of Masters must be written, as 1" if replicas == null
