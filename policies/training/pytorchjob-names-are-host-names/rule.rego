# METADATA
# title: 'A PyTorchJob''s name can be a host''s'
# custom:
#   class: rejected
#   severity: error
#   kinds: [kubeflow.org/PyTorchJob]
#   looks_at: [name]
#   remedy: begin the name with a letter and use letters, digits and hyphens only
#   upstream: a DNS-1035 label must consist of
#   sources:
#     - training-operator v1.9.4 pkg/webhooks/pytorch/pytorchjob_webhook.go (validatePyTorchJob)
package policies.training["pytorchjob-names-are-host-names"]

findings contains {"path": ["metadata", "name"], "message": message} if {
	name := input.object.metadata.name
	is_string(name)
	count(name) < 64
	regex.match(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`, name)
	not regex.match(`^[a-z]([-a-z0-9]*[a-z0-9])?$`, name)
	message := sprintf("%v cannot be a host's name: the replicas' services are called after it", [name])
}
