package policies.kueue["resource-groups-do-not-overlap_test"]

import data.policies.kueue["resource-groups-do-not-overlap"] as rule

_group(covered, flavors) := {"coveredResources": covered, "flavors": [{"name": name} | some name in flavors]}

_found(groups) := found if {
	found := rule.findings with input as {"object": {"kind": "ClusterQueue", "spec": {"resourceGroups": groups}}}
}

test_a_flavor_twice if count(_found([_group(["cpu"], ["h100"]), _group(["nvidia.com/gpu"], ["h100"])])) == 1

test_a_flavor_three_times_is_found_twice if {
	count(_found([_group(["cpu"], ["h100"]), _group(["memory"], ["h100"]), _group(["nvidia.com/gpu"], ["h100"])])) == 2
}

test_a_resource_twice if count(_found([_group(["nvidia.com/gpu"], ["h100"]), _group(["nvidia.com/gpu"], ["h200"])])) == 1

test_groups_of_their_own if count(_found([_group(["cpu"], ["any"]), _group(["nvidia.com/gpu"], ["h100", "h200"])])) == 0
