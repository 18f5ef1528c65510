package policies.serving["probes-ask-where-the-server-listens_test"]

import data.policies.serving["probes-ask-where-the-server-listens"] as rule

_pod(containers) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}}}

_server(args, ports, port) := {
	"name": "server",
	"image": "vllm/vllm-openai:v0.11.0",
	"args": args,
	"ports": ports,
	"readinessProbe": {"httpGet": {"path": "/health", "port": port}},
}

test_another_port if count(rule.findings) == 1 with input as _pod([_server(["--port=8080"], [], 8000)])

test_the_default_port if {
	count(rule.findings) == 0 with input as _pod([_server([], [], 8000)])
	count(rule.findings) == 1 with input as _pod([_server([], [], 8080)])
}

test_names if {
	ports := [{"name": "http", "containerPort": 8000}]
	count(rule.findings) == 0 with input as _pod([_server([], ports, "http")])
	count(rule.findings) == 1 with input as _pod([_server(["--port", "9000"], ports, "http")])
	count(rule.findings) == 1 with input as _pod([_server([], ports, "web")])
}

test_a_sidecar_may_answer if {
	count(rule.findings) == 0 with input as _pod([_server([], [], 8443), {"name": "proxy", "image": "envoy"}])
}

test_unknown_ports if {
	count(rule.findings) == 0 with input as _pod([_server(["--port=$(PORT)"], [], 8080)])
	count(rule.findings) == 0 with input as _pod([_server(["--config=/etc/vllm.yaml"], [], 8080)])
	count(rule.findings) == 0 with input as _pod([_server(["--uds", "/run/vllm.sock"], [], 8080)])
}

test_another_host if {
	server := object.union(_server([], [], 8080), {"readinessProbe": {"httpGet": {"host": "10.0.0.1", "port": 8080}}})
	count(rule.findings) == 0 with input as _pod([server])
}

test_tgi_listens_where_it_is_told if {
	tgi := {
		"name": "server",
		"image": "ghcr.io/huggingface/text-generation-inference:3.3.5",
		"livenessProbe": {"httpGet": {"path": "/health", "port": 80}},
	}
	count(rule.findings) == 0 with input as _pod([tgi])
	count(rule.findings) == 1 with input as _pod([object.union(tgi, {"env": [{"name": "PORT", "value": "8080"}]})])
}
