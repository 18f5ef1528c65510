package policies.kueue["queue-is-named-in-a-label_test"]

import data.policies.kueue["queue-is-named-in-a-label"] as rule

_job(metadata) := {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": {}}}}

_queue := {"kueue.x-k8s.io/queue-name": "jobs"}

_found(o) := count(found) if found := rule.findings with input as {"object": o}

test_an_annotation_alone if _found(_job({"annotations": _queue})) == 1

test_a_label if _found(_job({"labels": _queue})) == 0

test_both if _found(_job({"labels": _queue, "annotations": _queue})) == 0

test_neither if _found(_job({})) == 0

test_on_pods_alone if {
	_found(object.union(_job({}), {"spec": {"template": {"metadata": {"annotations": _queue}}}})) == 1
	_found(object.union(_job({"labels": _queue}), {"spec": {"template": {"metadata": {"annotations": _queue}}}})) == 0
}

test_of_a_larger_job if {
	_found(_job({"annotations": _queue, "ownerReferences": [{"kind": "JobSet", "name": "train"}]})) == 0
}

test_nonsense if {
	_found(_job({"annotations": null})) == 0
	_found({"apiVersion": "v1", "kind": "Pod", "metadata": null, "spec": {"template": 3}}) == 0
}
