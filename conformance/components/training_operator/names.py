"""Names of the Training Operator's own objects and arguments (manifests/overlays/standalone of v1.9.4)."""

NAMESPACE = "kubeflow"
DEPLOYMENT = "training-operator"
INIT_IMAGE, GANGS = "--pytorch-init-container-image", "--gang-scheduler-name"
