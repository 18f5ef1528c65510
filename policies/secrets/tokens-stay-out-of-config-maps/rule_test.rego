package policies.secrets["tokens-stay-out-of-config-maps_test"]

import data.policies.secrets["tokens-stay-out-of-config-maps"] as rule

_map(data_of_it) := {"object": {"apiVersion": "v1", "kind": "ConfigMap", "data": data_of_it}}

test_a_token if {
	value := sprintf("token: hf_%s", ["EXAMPLEexampleEXAMPLEexample0000"])
	count(rule.findings) == 1 with input as _map({"config.yaml": value})
}

test_a_private_key if {
	value := concat("", ["-----BEGIN RSA PRIVATE", " KEY-----\nAAAA"])
	count(rule.findings) == 1 with input as _map({"key": value})
}

test_a_certificate if count(rule.findings) == 0 with input as _map({"ca.crt": "-----BEGIN CERTIFICATE-----\nAAAA"})

test_words if count(rule.findings) == 0 with input as _map({"a": "hf_home: /cache", "b": "sk-learn", "c": "HF_TOKEN"})

test_empty if count(rule.findings) == 0 with input as {"object": {"apiVersion": "v1", "kind": "ConfigMap", "data": null}}
