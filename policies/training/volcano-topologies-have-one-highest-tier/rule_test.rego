package policies.training["volcano-topologies-have-one-highest-tier_test"]

import data.policies.training["volcano-topologies-have-one-highest-tier"] as rule

_both := {"mode": "hard", "highestTierAllowed": 2, "highestTierName": "rack"}

test_both if count(rule.findings) == 1 with input as {"object": {"spec": {"networkTopology": _both}}}

test_of_a_partition if count(rule.findings) == 1 with input as {"object": {"spec": {"tasks": [{"partitionPolicy": {"networkTopology": _both}}]}}}

test_one if {
	count(rule.findings) == 0 with input as {"object": {"spec": {"networkTopology": {"highestTierName": "rack", "highestTierAllowed": null}}}}
	count(rule.findings) == 0 with input as {"object": {"spec": {"networkTopology": null, "tasks": null}}}
}
