package policies.training["ssh-keys-are-for-launchers_test"]

import data.policies.training["ssh-keys-are-for-launchers"] as rule

_job(plugins, command) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {
	"plugins": plugins,
	"tasks": [{"name": "t", "template": {"spec": {"containers": [{"name": "main", "command": command}]}}}],
}}

test_torchrun if count(rule.findings) == 1 with input as {"object": _job({"ssh": [], "svc": []}, ["torchrun", "x.py"])}

test_mpi if count(rule.findings) == 0 with input as {"object": _job({"ssh": [], "mpi": []}, ["torchrun", "x.py"])}

test_a_launcher if count(rule.findings) == 0 with input as {"object": _job({"ssh": []}, ["bash", "-c", "mpirun torchrun x.py"])}

test_the_image_decides if count(rule.findings) == 0 with input as {"object": _job({"ssh": []}, [])}
