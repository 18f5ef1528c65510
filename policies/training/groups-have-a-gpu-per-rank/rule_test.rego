package policies.training["groups-have-a-gpu-per-rank_test"]

import data.policies.training["groups-have-a-gpu-per-rank"] as rule

_template(command, gpus) := {"spec": {"containers": [{"name": "e", "command": command, "resources": {"limits": {"nvidia.com/gpu": gpus}}}]}}

_found(template) := count(found) if found := rule.findings with input as {"object": {
	"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "metadata": {"name": "x"},
	"spec": {"replicas": 3, "leaderWorkerTemplate": template},
}}

_serve(words) := array.concat(["vllm", "serve", "m"], words)

test_fits if {
	_found({"size": 2, "workerTemplate": _template(_serve(["--tensor-parallel-size=16"]), 8)}) == 0
	_found({"size": 2, "workerTemplate": _template(_serve(["-tp", "8", "-pp", "2"]), 8)}) == 0
	_found({"size": 3, "leaderTemplate": _template(_serve(["--tensor-parallel-size=16"]), 0), "workerTemplate": _template(["ray"], 8)}) == 0
}

test_does_not_fit if {
	_found({"size": 2, "workerTemplate": _template(_serve(["--tensor-parallel-size=8"]), 8)}) == 1
	_found({"size": 2, "leaderTemplate": _template(_serve(["--tensor-parallel-size=8", "--pipeline-parallel-size=4"]), 8), "workerTemplate": _template(["ray"], 8)}) == 1
}

test_open if {
	_found({"size": 2, "workerTemplate": _template(_serve(["--tensor-parallel-size=$TP"]), 8)}) == 0
	_found({"size": 2, "workerTemplate": _template(_serve(["--tensor-parallel-size=8", "--pipeline-parallel-size=$(LWS_GROUP_SIZE)"]), 8)}) == 0
	_found({"size": 2, "workerTemplate": _template(_serve(["--tensor-parallel-size=8", "--data-parallel-size=2"]), 8)}) == 0
	_found({"size": "${SIZE}", "workerTemplate": _template(_serve(["--tensor-parallel-size=8"]), 8)}) == 0
	_found({"size": 2, "workerTemplate": _template(_serve(["--tensor-parallel-size=8"]), 0)}) == 0
}
