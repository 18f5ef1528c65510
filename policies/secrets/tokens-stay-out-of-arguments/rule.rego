# METADATA
# title: Tokens do not stand in the arguments of a program
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [--api, --hf, --token, --auth, --password, hf_, sk-, nvapi-, ghp_, gho_, ghu_, ghs_, ghr_, github_pat_,
#     glpat-, AKIA, AIza, PRIVATE KEY]
#   looks_at: [words]
#   remedy: "put the token into a variable from a Secret, and write --flag=$(VARIABLE)"
#   sources:
#     - vllm vllm/entrypoints/openai/cli_args.py (--api-key, VLLM_API_KEY)
package policies.secrets["tokens-stay-out-of-arguments"]

import data.lib.secret
import data.lib.workload

# The message never holds the value.
findings contains {"path": path, "message": message} if {
	some c in workload.containers
	some flag in ["--api-key", "--api_key", "--hf-token", "--hf_token", "--token", "--auth-token", "--password"]
	secret.literal(workload.flag(c.container, flag))
	path := workload.flag_path(c, flag)
	message := sprintf("gives a token after %s, for everyone to read who may list processes or pods", [flag])
}

findings contains {"path": path, "message": message} if {
	some c in workload.containers
	some field in ["command", "args"]
	is_array(c.container[field])
	some i, word in c.container[field]
	secret.within(word)
	path := array.concat(c.path, [field, i])
	message := "gives a token in an argument, for everyone to read who may list processes or pods"
}
