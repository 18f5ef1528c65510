package policies.accelerators["shared-memory-beside-several-gpus_test"]

import data.policies.accelerators["shared-memory-beside-several-gpus"] as rule

_found(gpus, mounts) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
		"resources": {"limits": {"nvidia.com/gpu": gpus}},
		"volumeMounts": mounts,
	}]}}}
}

test_several if count(_found(8, [])) == 1

test_one if count(_found(1, [])) == 0

test_mounted if count(_found(8, [{"name": "shm", "mountPath": "/dev/shm"}])) == 0

test_mounted_with_a_slash if count(_found(8, [{"name": "shm", "mountPath": "/dev/shm/"}])) == 0

test_mounted_elsewhere if count(_found(8, [{"name": "shm", "mountPath": "/shm"}])) == 1

test_null if count(_found(8, null)) == 1

test_instances_do_not_talk if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"resources": {"limits": {"nvidia.com/mig-1g.10gb": 2}}}]}}
	count(rule.findings) == 0 with input as {"object": pod}
}

test_ray_mounts_its_own if {
	cluster := {"apiVersion": "ray.io/v1", "kind": "RayCluster", "spec": {"headGroupSpec": {"template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 2}}}]}}}}}
	count(rule.findings) == 0 with input as {"object": cluster}
}

test_of_the_host if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"hostIPC": true, "containers": [{"resources": {"limits": {"nvidia.com/gpu": 2}}}]}}
	count(rule.findings) == 0 with input as {"object": pod}
}
