package policies.training["every-gpu-has-a-process_test"]

import data.policies.training["every-gpu-has-a-process"] as rule

_found(object) := count(found) if found := rule.findings with input as {"object": object}

_pod(command, gpus) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "t", "command": command, "resources": {"limits": {"nvidia.com/gpu": gpus}}}]}}

test_idle if _found(_pod(["bash", "-c", "cd /x && torchrun --nproc_per_node 4 x.py"], 8)) == 1

test_busy if _found(_pod(["torchrun", "--nproc_per_node=8", "x.py"], 8)) == 0

test_of_the_script_behind_it_nothing_is_known if _found(_pod(["torchrun", "x.py"], 8)) == 0

test_two_commands_share_the_gpus if {
	_found(_pod(["bash", "-c", "torchrun --nproc_per_node=2 a.py & torchrun --nproc_per_node=6 b.py"], 8)) == 0
}

test_the_same_command_twice if {
	_found(_pod(["bash", "-c", "torchrun --nproc_per_node=4 a.py & torchrun --nproc_per_node=4 b.py"], 8)) == 0
}
