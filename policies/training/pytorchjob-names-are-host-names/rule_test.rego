package policies.training["pytorchjob-names-are-host-names_test"]

import data.policies.training["pytorchjob-names-are-host-names"] as rule

_found(metadata) := count(found) if found := rule.findings with input as {"object": {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": metadata}}

test_a_digit_first if _found({"name": "7b-sft"}) == 1

test_a_dot if _found({"name": "llama.sft"}) == 1

test_a_label if _found({"name": "llama-7b-sft"}) == 0

test_made_by_the_server if _found({"generateName": "7b.sft-"}) == 0

test_no_name_at_all_is_refused_otherwise if _found({"name": "Llama_7B"}) == 0
