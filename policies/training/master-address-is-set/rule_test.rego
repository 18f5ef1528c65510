package policies.training["master-address-is-set_test"]

import data.policies.training["master-address-is-set"] as rule

_job(plugins, container) := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {
	"plugins": plugins,
	"tasks": [{"name": "t", "template": {"spec": {"containers": [container]}}}],
}}

_found(plugins, container) := count(found) if found := rule.findings with input as {"object": _job(plugins, container)}

_direct := ["torchrun", "--rdzv_endpoint=$(MASTER_ADDR):29400", "x.py"]

test_nobody_sets_it if _found({"svc": []}, {"command": _direct}) == 1

test_the_plugin if _found({"pytorch": null}, {"command": _direct}) == 0

test_env if {
	_found({}, {"command": _direct, "env": [{"name": "MASTER_ADDR", "value": "trainer-0"}]}) == 0
	_found({}, {"command": _direct, "env": [{"name": "MASTER_ADDR", "valueFrom": {}}]}) == 0
	_found({}, {"command": _direct, "envFrom": [{"configMapRef": {"name": "rendezvous"}}]}) == 0
}

test_in_a_script if {
	_found({}, {"args": ["torchrun --master_addr=$MASTER_ADDR x.py"]}) == 1
	_found({}, {"args": ["torchrun --master_addr ${MASTER_ADDR} x.py"]}) == 1
	_found({}, {"args": ["MASTER_ADDR=$(head -1 /etc/volcano/trainer.host); torchrun --master_addr=$MASTER_ADDR x.py"]}) == 0
	_found({}, {"args": ["torchrun --master_addr=${MASTER_ADDR:-localhost} x.py"]}) == 0
	_found({}, {"args": [". /env.sh && torchrun --master_addr=$MASTER_ADDR x.py"]}) == 0
	_found({}, {"args": ["torchrun --master_addr=$MASTER_ADDRESS x.py"]}) == 0
}
