package policies.storage["claims-reach-every-node-of-a-job_test"]

import data.policies.storage["claims-reach-every-node-of-a-job"] as rule

_claim(modes) := {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": {"accessModes": modes}}

_job(parallelism, gpus, pod) := {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"parallelism": parallelism, "template": {"spec": object.union(pod, {
	"containers": [{"name": "m", "resources": {"limits": {"nvidia.com/gpu": gpus}}}],
	"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}],
})}}}

_found(objects) := count(found) if found := rule.findings with input as {"objects": objects}

test_once if {
	_found([_claim(["ReadWriteOnce"]), _job(2, 8, {})]) == 1
	_found([_claim(["ReadWriteOncePod"]), _job(2, 8, {})]) == 1
}

test_many if {
	_found([_claim(["ReadWriteMany"]), _job(2, 8, {})]) == 0
	_found([_claim(["ReadWriteOnce", "ReadOnlyMany"]), _job(2, 8, {})]) == 0
}

test_may_be_on_one_node if {
	_found([_claim(["ReadWriteOnce"]), _job(1, 8, {})]) == 0
	_found([_claim(["ReadWriteOnce"]), _job(4, 2, {})]) == 0
	_found([_claim(["ReadWriteOnce"]), _job(2, 8, {"nodeSelector": {"kubernetes.io/hostname": "n"}})]) == 0
}

test_open if {
	_found([_claim(["ReadWriteOnce"]), _job("${N}", 8, {})]) == 0
	_found([_claim(null), _job(2, 8, {})]) == 0
	_found([_job(2, 8, {})]) == 0
}

test_another_namespace if {
	other := object.union(_claim(["ReadWriteOnce"]), {"metadata": {"namespace": "b"}})
	_found([other, _job(2, 8, {})]) == 0
}
