# METADATA
# title: ConfigMaps hold no tokens
# custom:
#   class: regretted
#   severity: error
#   kinds: [ConfigMap]
#   mentions: [hf_, sk-, nvapi-, ghp_, gho_, ghu_, ghs_, ghr_, github_pat_, glpat-, AKIA, AIza, PRIVATE KEY]
#   looks_at: [words]
#   remedy: move the value into a Secret
#   sources:
#     - kubernetes v1.35.4 plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go (role view)
package policies.secrets["tokens-stay-out-of-config-maps"]

import data.lib.kind
import data.lib.secret

# The message never holds the value.
findings contains {"path": ["data", key], "message": message} if {
	some key, value in kind.mapping(input.object, ["data"])
	secret.within(value)
	message := sprintf("holds a token or private key in %s: every reader of the namespace has it", [key])
}
