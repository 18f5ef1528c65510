package policies.mig["layouts-stand-in-a-config-map_test"]

import data.policies.mig["layouts-stand-in-a-config-map"] as rule

test_any_object_of_the_kind if {
	count(rule.findings) == 1 with input as {"object": {"apiVersion": "nvidia.com/v1alpha1", "kind": "MIGConfig"}}
}
