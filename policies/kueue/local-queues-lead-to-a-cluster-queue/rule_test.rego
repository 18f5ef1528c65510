package policies.kueue["local-queues-lead-to-a-cluster-queue_test"]

import data.policies.kueue["local-queues-lead-to-a-cluster-queue"] as rule

_cluster_queue(name) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": {"name": name}}

_local_queue(name) := {"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "LocalQueue", "spec": {"clusterQueue": name}}

test_it_leads_nowhere if count(rule.findings) == 1 with input as {"objects": [_local_queue("bacth"), _cluster_queue("batch")]}

test_it_leads_somewhere if count(rule.findings) == 0 with input as {"objects": [_local_queue("batch"), _cluster_queue("batch")]}

test_queues_that_are_kept_elsewhere if count(rule.findings) == 0 with input as {"objects": [_local_queue("batch")]}
