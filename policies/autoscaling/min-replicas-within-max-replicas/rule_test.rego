package policies.autoscaling["min-replicas-within-max-replicas_test"]

import data.policies.autoscaling["min-replicas-within-max-replicas"] as rule

_sized(fields) := {"object": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": fields}}

test_reversed if count(rule.findings) == 1 with input as _sized({"minReplicas": 4, "maxReplicas": 2})

test_equal if count(rule.findings) == 0 with input as _sized({"minReplicas": 2, "maxReplicas": 2})

test_no_minimum if count(rule.findings) == 0 with input as _sized({"maxReplicas": 1})
