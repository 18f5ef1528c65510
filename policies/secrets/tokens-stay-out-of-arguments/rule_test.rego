package policies.secrets["tokens-stay-out-of-arguments_test"]

import data.policies.secrets["tokens-stay-out-of-arguments"] as rule

_pod(args) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a/b:v1", "args": args}]}}}

test_written_out if {
	count(rule.findings) == 1 with input as _pod(["--api-key=correct-horse-battery"])
	count(rule.findings) == 1 with input as _pod(["--api-key", "correct-horse-battery"])
}

test_in_a_script if {
	count(rule.findings) == 1 with input as _pod(["vllm serve m --api-key correct-horse-battery --port 8000"])
}

test_a_form_that_says_so if {
	value := concat("_", ["hf", "EXAMPLEexampleEXAMPLEexample0000"])
	count(rule.findings) == 1 with input as _pod(["huggingface-cli", "login", value])
}

test_a_variable if {
	count(rule.findings) == 0 with input as _pod(["--api-key=$(VLLM_API_KEY)"])
	count(rule.findings) == 0 with input as _pod(["exec vllm serve m --api-key \"$VLLM_API_KEY\""])
}

test_a_file if count(rule.findings) == 0 with input as _pod(["--token=/run/secrets/token"])

test_no_key_needed if count(rule.findings) == 0 with input as _pod(["--api-key", "EMPTY"])
