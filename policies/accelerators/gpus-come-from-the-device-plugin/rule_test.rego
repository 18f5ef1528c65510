package policies.accelerators["gpus-come-from-the-device-plugin_test"]

import data.policies.accelerators["gpus-come-from-the-device-plugin"] as rule

_env(variable) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"env": [variable]}]}}

_found(value) := found if {
	found := rule.findings with input as {"object": _env({"name": "NVIDIA_VISIBLE_DEVICES", "value": value})}
}

test_all if count(_found("all")) == 1

test_some if {
	count(_found("0,1")) == 1
	count(_found("GPU-5d1f1c3a-0000-0000-0000-000000000000")) == 1
}

test_none if {
	count(_found("void")) == 0
	count(_found("none")) == 0
	count(_found("")) == 0
}

test_another_variable if count(rule.findings) == 0 with input as {"object": _env({"name": "CUDA_VISIBLE_DEVICES", "value": "0"})}

test_a_value_from_elsewhere if {
	from := {"configMapKeyRef": {"name": "gpus", "key": "all"}}
	count(rule.findings) == 0 with input as {"object": _env({"name": "NVIDIA_VISIBLE_DEVICES", "valueFrom": from})}
}

test_an_agent_of_the_node if {
	agent := {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": {"spec": {"containers": [{"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}]}]}}}}
	count(rule.findings) == 0 with input as {"object": agent}
}
