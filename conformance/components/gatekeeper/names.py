"""What Gatekeeper calls its things."""

NAMESPACE = "gatekeeper-system"
DEPLOYMENT = "gatekeeper-controller-manager"
VALIDATING = "gatekeeper-validating-webhook-configuration"
WEBHOOK = "webhook validation.gatekeeper.sh"
"""Who refuses what a policy denies."""
TEMPLATE = "templates.gatekeeper.sh/v1/ConstraintTemplate"
CONSTRAINTS = "constraints.gatekeeper.sh/v1beta1"
