# METADATA
# title: Tokens reach a container from a Secret, not from its manifest
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [TOKEN, PASSWORD, SECRET, API_KEY, APIKEY, hf_, sk-, nvapi-, ghp_, gho_, ghu_, ghs_, ghr_, github_pat_, glpat-,
#     AKIA, AIza, PRIVATE KEY]
#   looks_at: [words]
#   remedy: put the token into a Secret and name it in valueFrom.secretKeyRef
#   sources:
#     - kubernetes v1.35.4 (a pod's env is readable to everyone who may get the pod)
#     - huggingface_hub src/huggingface_hub/constants.py (HF_TOKEN)
package policies.secrets["tokens-come-from-secrets"]

import data.lib.kind
import data.lib.secret
import data.lib.workload

_containers := {found |
	some pod in workload.pods
	some field in ["containers", "initContainers"]
	some i, container in kind.items(pod.spec, [field])
	found := {"path": array.concat(pod.path, [field, i]), "container": container}
} | {found |
	kind.of(input.object) == "serving.kserve.io/InferenceService"
	is_object(input.object.spec.predictor.model)
	found := {"path": ["spec", "predictor", "model"], "container": input.object.spec.predictor.model}
}

# The message never holds the value.
findings contains {"path": path, "message": message} if {
	some c in _containers
	some i, variable in kind.items(c.container, ["env"])
	is_string(variable.name)
	_is_secret(variable)
	path := array.concat(c.path, ["env", i, "value"])
	message := sprintf("writes out %s: everyone who may read the manifest or the pod has it", [variable.name])
}

_is_secret(variable) if secret.within(variable.value)

_is_secret(variable) if {
	secret.literal(variable.value)
	regex.match(`^(HF_TOKEN|HF_API_TOKEN|HUGGING_?FACE_(HUB_)?TOKEN|GITHUB_TOKEN|PGPASSWORD)$|(^|_)(API_?KEY|API_TOKEN|ACCESS_TOKEN|AUTH_TOKEN|SECRET_ACCESS_KEY|SECRET_KEY|CLIENT_SECRET|PASSWORD)$`, variable.name)
}
