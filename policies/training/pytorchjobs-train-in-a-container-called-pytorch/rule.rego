# METADATA
# title: A PyTorchJob trains in a container called pytorch
# custom:
#   class: rejected
#   severity: error
#   kinds: [kubeflow.org/PyTorchJob]
#   remedy: call the training container pytorch
#   upstream: must have at least one container with name pytorch
#   sources:
#     - training-operator v1.9.4 pkg/webhooks/pytorch/pytorchjob_webhook.go (validatePyTorchReplicaSpecs)
package policies.training["pytorchjobs-train-in-a-container-called-pytorch"]

import data.lib.kind

findings contains {"path": array.concat(path, ["containers"]), "message": message} if {
	some role in object.keys(kind.mapping(input.object, ["spec", "pytorchReplicaSpecs"]))
	path := ["spec", "pytorchReplicaSpecs", role, "template", "spec"]
	containers := kind.items(input.object, array.concat(path, ["containers"]))
	count(containers) > 0
	every container in containers {
		kind.at(container, ["name"]) != "pytorch"
	}
	message := sprintf("no container of the %v is called pytorch", [role])
}
