package policies.training["pytorchjobs-have-one-master_test"]

import data.policies.training["pytorchjobs-have-one-master"] as rule

_found(master) := count(found) if found := rule.findings with input as {"object": {
	"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {"Master": master}},
}}

test_two if _found({"replicas": 2}) == 1

test_none if _found({"replicas": 0}) == 1

test_missing_is_not_one if _found({"template": {}}) == 1

test_one if _found({"replicas": 1}) == 0

test_no_master if _found(null) == 0

test_open if _found({"replicas": "${MASTERS}"}) == 0
