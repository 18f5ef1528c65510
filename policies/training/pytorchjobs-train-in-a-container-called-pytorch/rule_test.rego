package policies.training["pytorchjobs-train-in-a-container-called-pytorch_test"]

import data.policies.training["pytorchjobs-train-in-a-container-called-pytorch"] as rule

_job(containers) := {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {"Worker": {"template": {"spec": {"containers": containers}}}}}}

test_other_names if count(rule.findings) == 1 with input as {"object": _job([{"name": "main"}, {"image": "x"}])}

test_one_of_several if count(rule.findings) == 0 with input as {"object": _job([{"name": "sidecar"}, {"name": "pytorch"}])}

test_none_at_all_is_refused_otherwise if count(rule.findings) == 0 with input as {"object": _job(null)}
