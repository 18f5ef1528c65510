package policies.kueue["flavors-exist_test"]

import data.policies.kueue["flavors-exist"] as rule

_flavor(name) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor", "metadata": {"name": name}}

_queue(flavor) := {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "spec": {"resourceGroups": [{"flavors": [{"name": flavor}]}]}}

test_a_slip_of_the_pen if count(rule.findings) == 1 with input as {"objects": [_queue("h1oo"), _flavor("h100")]}

test_it_exists if count(rule.findings) == 0 with input as {"objects": [_queue("h100"), _flavor("h200"), _flavor("h100")]}

test_flavors_that_are_kept_elsewhere if count(rule.findings) == 0 with input as {"objects": [_queue("h100")]}
