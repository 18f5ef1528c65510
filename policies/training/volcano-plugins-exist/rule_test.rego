package policies.training["volcano-plugins-exist_test"]

import data.policies.training["volcano-plugins-exist"] as rule

_job(plugins) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"plugins": plugins}}

test_unknown if count(rule.findings) == 2 with input as {"object": _job({"svc": [], "nccl": [], "PyTorch": []})}

test_known if count(rule.findings) == 0 with input as {"object": _job({"svc": [], "ssh": [], "env": [], "ray": null})}

test_none if count(rule.findings) == 0 with input as {"object": _job(null)}
