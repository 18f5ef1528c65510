package policies.serving["parallel-sizes-fill-the-gpus_test"]

import data.policies.serving["parallel-sizes-fill-the-gpus"] as rule

_server(args, gpus) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
	"name": "server",
	"image": "vllm/vllm-openai:v0.11.0",
	"args": args,
	"resources": {"limits": {"nvidia.com/gpu": gpus}},
}]}}

_script(text, gpus) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
	"name": "server",
	"image": "local/anything:v1",
	"command": ["/bin/sh", "-c"],
	"args": [text],
	"resources": {"limits": {"nvidia.com/gpu": gpus}},
}]}}

_group(size, script) := {
	"apiVersion": "leaderworkerset.x-k8s.io/v1",
	"kind": "LeaderWorkerSet",
	"spec": {"leaderWorkerTemplate": {
		"size": size,
		"leaderTemplate": {"spec": _script(script, 8).spec},
		"workerTemplate": {"spec": _script("ray start --block --address=$(LWS_LEADER_ADDRESS):6379", 8).spec},
	}},
}

test_more_than_there_are if count(rule.findings) == 1 with input as {"object": _server(["--tensor-parallel-size=4"], 2)}

test_fewer_than_there_are if count(rule.findings) == 1 with input as {"object": _server(["--model=m"], 2)}

test_equal if count(rule.findings) == 0 with input as {"object": _server(["-tp", "2", "-pp", "2"], 4)}

test_copies_count if count(rule.findings) == 0 with input as {"object": _server(["-tp=2", "--data-parallel-size=4"], 8)}

test_copies_elsewhere_do_not if {
	args := ["-tp=2", "--data-parallel-size=4", "--data-parallel-size-local=1", "--data-parallel-address=10.0.0.1"]
	count(rule.findings) == 0 with input as {"object": _server(args, 2)}
}

test_one_shell_string if {
	text := "exec vllm serve org/model \\\n  --tensor-parallel-size 4 \\\n  --port 8000"
	count(rule.findings) == 1 with input as {"object": _script(text, 2)}
	count(rule.findings) == 0 with input as {"object": _script(text, 4)}
}

test_a_module_is_the_same_server if {
	text := "python3 -m vllm.entrypoints.openai.api_server --model m -tp 2"
	count(rule.findings) == 1 with input as {"object": _script(text, 4)}
}

test_sglang if {
	text := "python3 -m sglang.launch_server --model-path m --tp 4"
	count(rule.findings) == 1 with input as {"object": _script(text, 8)}
	count(rule.findings) == 0 with input as {"object": _script(concat(" ", [text, "--dp 2"]), 8)}
	count(rule.findings) == 0 with input as {"object": _script(concat(" ", [text, "--dp 2 --enable-dp-attention"]), 4)}
}

test_tgi_shards_only_where_it_says_so if {
	count(rule.findings) == 1 with input as {"object": _script("text-generation-launcher --num-shard 2", 4)}
	count(rule.findings) == 0 with input as {"object": _script("text-generation-launcher --sharded true", 4)}
}

test_values_that_nobody_can_see if {
	count(rule.findings) == 0 with input as {"object": _server(["--tensor-parallel-size=$(TP)"], 2)}
	count(rule.findings) == 0 with input as {"object": _server(["--config", "/etc/vllm.yaml"], 2)}
	count(rule.findings) == 0 with input as {"object": _script("vllm serve m $EXTRA_ARGS", 2)}
}

test_a_variable_that_is_written_out if {
	pod := object.union(_server([], 2), {"spec": {"containers": [{
		"name": "server",
		"image": "vllm/vllm-openai:v0.11.0",
		"args": ["--tensor-parallel-size", "$(TP)"],
		"env": [{"name": "TP", "value": "4"}],
		"resources": {"limits": {"nvidia.com/gpu": 2}},
	}]}})
	count(rule.findings) == 1 with input as {"object": pod}
}

test_two_servers_in_one_container if {
	text := "vllm serve a --port 8000 & vllm serve b --port 8001 -tp 2"
	count(rule.findings) == 0 with input as {"object": _script(text, 3)}
}

test_slices_are_another_matter if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
		"image": "vllm/vllm-openai:v0.11.0",
		"resources": {"limits": {"nvidia.com/mig-1g.10gb": 2}},
	}]}}
	count(rule.findings) == 0 with input as {"object": pod}
}

test_a_group_is_counted_as_one if {
	script := "bash /multi-node-serving.sh leader --ray_cluster_size=$(LWS_GROUP_SIZE); vllm serve m -tp 8 -pp 2"
	count(rule.findings) == 0 with input as {"object": _group(2, script)}
	count(rule.findings) == 1 with input as {"object": _group(4, script)}
}

test_ray_outside_of_a_group if {
	text := "ray start --head && vllm serve m -tp 8 -pp 2 --distributed-executor-backend ray"
	count(rule.findings) == 0 with input as {"object": _script(text, 8)}
}
