package policies.secrets["tokens-come-from-secrets_test"]

import data.policies.secrets["tokens-come-from-secrets"] as rule

_pod(variables) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a/b:v1", "env": variables}]}}}

test_a_name_that_says_so if {
	count(rule.findings) == 1 with input as _pod([{"name": "HF_TOKEN", "value": "correct-horse-battery"}])
	count(rule.findings) == 1 with input as _pod([{"name": "VLLM_API_KEY", "value": "correct-horse-battery"}])
}

test_a_value_that_says_so if {
	value := concat("_", ["hf", "EXAMPLEexampleEXAMPLEexample0000"])
	count(rule.findings) == 1 with input as _pod([{"name": "EXTRA", "value": value}])
}

test_the_value_stays_unsaid if {
	every finding in rule.findings {
		not contains(finding.message, "horse")
	} with input as _pod([{"name": "HF_TOKEN", "value": "correct-horse-battery"}])
}

test_from_a_secret if {
	reference := {"secretKeyRef": {"name": "hub", "key": "token"}}
	count(rule.findings) == 0 with input as _pod([{"name": "HF_TOKEN", "valueFrom": reference}])
}

test_stand_ins if {
	every value in ["EMPTY", "not-needed", "YOUR_API_KEY", "MY_KEY", "$(OTHER)", "", "/run/secrets/token", "vault:kv/hub#token", "sk-no-key-required"] {
		count(rule.findings) == 0 with input as _pod([{"name": "OPENAI_API_KEY", "value": value}])
	}
}

test_names_that_only_sound_like_it if {
	every name in ["TOKENIZERS_PARALLELISM", "MAX_TOKENS", "HF_TOKEN_PATH", "PAD_TOKEN", "KEYCLOAK_URL"] {
		count(rule.findings) == 0 with input as _pod([{"name": name, "value": "something-long-enough"}])
	}
}
