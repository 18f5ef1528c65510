# METADATA
# title: Processes per node are given once
# custom:
#   class: rejected
#   severity: error
#   kinds: [kubeflow.org/PyTorchJob]
#   mentions: [nProcPerNode]
#   looks_at: [words]
#   remedy: keep spec.nprocPerNode and take elasticPolicy.nProcPerNode out
#   upstream: must not be used with spec.nprocPerNode
#   sources:
#     - training-operator v1.9.4 pkg/webhooks/pytorch/pytorchjob_webhook.go (validateSpec)
package policies.training["processes-per-node-are-given-once"]

findings contains {"path": ["spec", "elasticPolicy", "nProcPerNode"], "message": message} if {
	both := [input.object.spec.elasticPolicy.nProcPerNode, input.object.spec.nprocPerNode]
	every given in both {
		given != null
	}
	message := sprintf("gives %v processes per node, and spec.nprocPerNode gives %v", both)
}
