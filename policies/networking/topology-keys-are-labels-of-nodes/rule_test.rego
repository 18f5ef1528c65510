package policies.networking["topology-keys-are-labels-of-nodes_test"]

import data.policies.networking["topology-keys-are-labels-of-nodes"] as rule

_pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"topologySpreadConstraints": [{"topologyKey": "rack"}], "containers": []}}

test_no_such_label if count(rule.findings) == 1 with input as {"object": _pod} with data.facts.nodes as [{"zone": "a"}]

test_some_node_has_it if count(rule.findings) == 0 with input as {"object": _pod} with data.facts.nodes as [{"zone": "a"}, {"rack": "r"}]

test_nothing_known_of_nodes if count(rule.findings) == 1 with input as {"object": _pod} with data.facts as {}

test_no_key if count(rule.findings) == 0 with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": []}}} with data.facts as {}
