# METADATA
# title: New training is a TrainJob
# custom:
#   class: advice
#   severity: info
#   kinds: [kubeflow.org/PyTorchJob]
#   remedy: plan the move to trainer.kubeflow.org/v1alpha1 TrainJob
#   sources:
#     - kubeflow/trainer v2.2.1 README.md
#     - kubeflow/trainer branch release-1.9 (training-operator v1.9.4)
package policies.training["new-training-is-a-trainjob"]

findings contains {"path": ["apiVersion"], "message": "belongs to the Training Operator, of which only release-1.9 is still mended"} if {
	input.object.apiVersion == "kubeflow.org/v1"
}
