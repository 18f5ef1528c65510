package policies.kueue["quota-within-the-nodes_test"]

import data.policies.kueue["quota-within-the-nodes"] as rule

_flavor := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor", "metadata": {"name": "h100"}, "spec": {"nodeLabels": {"pool": "gpu"}}}

_queue(kind, quota) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": kind, "spec": {"resourceGroups": [{"flavors": [{
	"name": "h100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": quota}],
}]}]}}

_node(n, replicas) := {"pool": "gpu", "nvidia.com/gpu.count": n, "nvidia.com/gpu.replicas": replicas}

_found(quotas, nodes) := found if {
	found := rule.findings with input as {"objects": array.concat([_flavor], quotas)} with data.facts as {"nodes": nodes}
}

test_two_queues_together if count(_found([_queue("ClusterQueue", 8), _queue("Cohort", "16")], [_node("8", "1"), _node("8", "1")])) == 1

test_as_many_as_there_are if count(_found([_queue("ClusterQueue", 8), _queue("Cohort", 8)], [_node("8", "1"), _node("8", "1")])) == 0

test_shares_count if count(_found([_queue("ClusterQueue", 32)], [_node("8", "4")])) == 0

test_a_node_that_says_nothing if count(_found([_queue("ClusterQueue", 32)], [_node("8", "1"), {"pool": "gpu"}])) == 0

test_no_nodes_at_the_moment if count(_found([_queue("ClusterQueue", 32)], [])) == 0

test_it_would_look_where_nothing_is_known if {
	count(rule.findings) == 1 with input as {"objects": [_flavor, _queue("ClusterQueue", 8)]} with data.facts as {}
}
