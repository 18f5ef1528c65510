package policies.storage["host-folders-are-for-data_test"]

import data.policies.storage["host-folders-are-for-data"] as rule

_found(path) := count(found) if found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {
	"containers": [{"name": "m", "resources": {"limits": {"nvidia.com/gpu": 1}}}],
	"volumes": [{"name": "v", "hostPath": {"path": path}}, {"name": "w", "emptyDir": {}}],
}}}

test_too_much if {
	every path in ["/", "/root", "/root/.cache/huggingface", "/etc/", "/var", "/home"] {
		_found(path) == 1
	}
}

test_data if {
	every path in ["/mnt/nvme", "/data/models", "/var/lib/model-cache", "/dev/infiniband", "/dev/shm", "/home/kubernetes/bin/nvidia", "/usr/local/nvidia"] {
		_found(path) == 0
	}
}

test_agents if {
	pod := {"containers": [{"name": "m", "resources": {"limits": {"nvidia.com/gpu": 1}}}], "volumes": [{"name": "v", "hostPath": {"path": "/"}}]}
	count(rule.findings) == 0 with input as {"object": {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": {"spec": pod}}}}
}
