package policies.training["new-training-is-a-trainjob_test"]

import data.policies.training["new-training-is-a-trainjob"] as rule

test_pytorchjob if count(rule.findings) == 1 with input as {"object": {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob"}}

test_others if count(rule.findings) == 0 with input as {"object": {"apiVersion": "kubeflow.org/v2", "kind": "PyTorchJob"}}
