package policies.training["groups-restart-as-one_test"]

import data.policies.training["groups-restart-as-one"] as rule

_found(template) := count(found) if found := rule.findings with input as {"object": {
	"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "metadata": {"name": "x"},
	"spec": {"leaderWorkerTemplate": object.union(template, {"workerTemplate": {"spec": {"containers": [{"name": "e", "resources": {"limits": {"nvidia.com/gpu": 8}}}]}}})},
}}

test_alone if _found({"size": 2, "restartPolicy": "None"}) == 1

test_the_old_name if _found({"size": 2, "restartPolicy": "Default"}) == 1

test_the_default_of_today if _found({"size": 2}) == 0

test_together if _found({"size": 2, "restartPolicy": "RecreateGroupAfterStart"}) == 0

test_a_group_of_one if _found({"size": 1, "restartPolicy": "None"}) == 0
