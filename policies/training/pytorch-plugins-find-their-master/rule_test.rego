package policies.training["pytorch-plugins-find-their-master_test"]

import data.policies.training["pytorch-plugins-find-their-master"] as rule

_job(arguments, names) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {
	"plugins": {"pytorch": arguments},
	"tasks": [{"name": name} | some name in names],
}}

test_no_master if count(rule.findings) == 1 with input as {"object": _job([], ["trainer"])}

test_null_arguments if count(rule.findings) == 1 with input as {"object": _job(null, ["trainer"])}

test_by_its_usual_name if count(rule.findings) == 0 with input as {"object": _job([], ["master", "worker"])}

test_spellings_of_go if {
	count(rule.findings) == 0 with input as {"object": _job(["--master=trainer"], ["trainer"])}
	count(rule.findings) == 0 with input as {"object": _job(["-master=trainer"], ["trainer"])}
	count(rule.findings) == 0 with input as {"object": _job(["--master", "trainer", "--port=29500"], ["trainer"])}
	count(rule.findings) == 1 with input as {"object": _job(["--worker=trainer"], ["trainer"])}
}
