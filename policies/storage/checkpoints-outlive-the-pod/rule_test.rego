package policies.storage["checkpoints-outlive-the-pod_test"]

import data.policies.storage["checkpoints-outlive-the-pod"] as rule

_found(pod, container) := count(found) if found := rule.findings with input as {"object": {
	"apiVersion": "batch/v1", "kind": "Job",
	"spec": {"template": {"spec": object.union(pod, {"containers": array.concat([object.union(_gpu, container)], object.get(pod, "containers", []))})}},
}}

_gpu := {"name": "m", "command": ["python", "t.py", "--checkpoint-dir", "/data/ckpt"], "resources": {"limits": {"nvidia.com/gpu": 1}}}

_at(path) := {"volumeMounts": [{"name": "v", "mountPath": path}]}

_empty := {"volumes": [{"name": "v", "emptyDir": {}}]}

_claim := {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}

test_empty_dir if {
	_found(_empty, _at("/data")) == 1
	_found(_empty, _at("/data/")) == 1
	_found(_empty, _at("/data/ckpt")) == 1
}

test_nothing_mounted if _found({}, {}) == 1

test_a_neighbours_name_is_no_parent if _found(_claim, _at("/dat")) == 1

test_the_innermost_mount_counts if {
	mounts := {"volumeMounts": [{"name": "v", "mountPath": "/data/ckpt"}, {"name": "w", "mountPath": "/data"}]}
	_found({"volumes": [{"name": "v", "persistentVolumeClaim": {}}, {"name": "w", "emptyDir": {}}]}, mounts) == 0
}

test_kept if {
	_found(_claim, _at("/data")) == 0
	_found({"volumes": [{"name": "v", "hostPath": {"path": "/mnt/lustre"}}]}, _at("/data")) == 0
	_found(_claim, _at("/")) == 0
	_found({"volumes": null}, _at("/data")) == 0
}

test_not_a_folder_here if {
	_found({}, {"command": ["python", "t.py", "--checkpoint-dir=s3://bucket/x"]}) == 0
	_found({}, {"command": ["python", "t.py", "--checkpoint-dir=out"]}) == 0
	_found({}, {"command": ["sh", "-c", "python t.py --checkpoint-dir $DIR"]}) == 0
}

test_carried_away if {
	_found(object.union(_empty, {"containers": [{"name": "upload", "volumeMounts": [{"name": "v", "mountPath": "/up"}]}]}), _at("/data")) == 0
	_found(_empty, object.union(_at("/data"), {"command": ["sh", "-c", "python t.py --checkpoint-dir /data/ckpt && rclone copy /data/ckpt r:x"]})) == 0
}

test_by_variable if _found({}, {"command": ["python", "t.py"], "env": [{"name": "CHECKPOINT_DIR", "value": "/ckpt"}]}) == 1
