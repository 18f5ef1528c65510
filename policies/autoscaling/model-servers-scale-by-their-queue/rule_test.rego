package policies.autoscaling["model-servers-scale-by-their-queue_test"]

import data.policies.autoscaling["model-servers-scale-by-their-queue"] as rule

_hpa(metrics) := {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}, "spec": {
	"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat"},
	"metrics": metrics,
}}

_server(image, gpus) := {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "chat"}, "spec": {"template": {"spec": {
	"containers": [{"image": image, "resources": {"limits": {"nvidia.com/gpu": gpus}}}],
}}}}

_cpu := {"type": "Resource", "resource": {"name": "cpu"}}

_vllm := "vllm/vllm-openai:v0.11.0"

test_cpu_alone if count(rule.findings) == 1 with input as {"objects": [_hpa([_cpu]), _server(_vllm, 1)]}

test_cpu_beside_the_queue if {
	count(rule.findings) == 0 with input as {"objects": [_hpa([_cpu, {"type": "Pods"}]), _server(_vllm, 1)]}
}

test_another_program if count(rule.findings) == 0 with input as {"objects": [_hpa([_cpu]), _server("nginx", 1)]}

test_a_server_on_cpus if count(rule.findings) == 0 with input as {"objects": [_hpa([_cpu]), _server(_vllm, 0)]}

test_not_shown if count(rule.findings) == 0 with input as {"objects": [_hpa([_cpu])]}
