package policies.serving["declared-ports-are-served_test"]

import data.policies.serving["declared-ports-are-served"] as rule

_server(args, ports) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
	"image": "vllm/vllm-openai:v0.11.0",
	"args": args,
	"ports": ports,
}]}}}

test_another_port if count(rule.findings) == 1 with input as _server([], [{"containerPort": 8080}])

test_the_same_port if count(rule.findings) == 0 with input as _server(["--port=8080"], [{"containerPort": 8080}])

test_one_of_several if {
	count(rule.findings) == 0 with input as _server([], [{"containerPort": 5000}, {"containerPort": 8000}])
}

test_metrics_alone_say_nothing if {
	count(rule.findings) == 0 with input as _server([], [{"name": "metrics", "containerPort": 9000}])
}

test_nothing_declared if count(rule.findings) == 0 with input as _server([], [])

test_unknown if count(rule.findings) == 0 with input as _server(["--port", "$PORT"], [{"containerPort": 8080}])
