package policies.accelerators["shared-memory-within-the-memory-limit_test"]

import data.policies.accelerators["shared-memory-within-the-memory-limit"] as rule

_found(size, limits) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {
		"containers": [{"resources": {"limits": {"memory": limit}}} | some limit in limits],
		"volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size}}],
	}}}
}

test_larger if count(_found("64Gi", ["32Gi"])) == 1

test_as_large if count(_found("64Gi", ["65536Mi"])) == 0

test_two_containers_together if count(_found("64Gi", ["32Gi", "32Gi"])) == 0

test_without_a_size if count(_found(null, ["32Gi"])) == 0

test_without_a_limit if count(_found("64Gi", [null])) == 0

test_on_disk if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"resources": {"limits": {"memory": "1Gi"}}}], "volumes": [{"emptyDir": {"sizeLimit": "64Gi"}}]}}
	count(rule.findings) == 0 with input as {"object": pod}
}
