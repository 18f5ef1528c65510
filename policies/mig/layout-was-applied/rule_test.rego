package policies.mig["layout-was-applied_test"]

import data.policies.mig["layout-was-applied"] as rule

_found(state) := found if {
	found := rule.findings with input as {"object": {"kind": "Node", "metadata": {"labels": {"nvidia.com/mig.config.state": state}}}}
}

test_failed if count(_found("failed")) == 1

test_under_way if {
	count(_found("success")) == 0
	count(_found("pending")) == 0
	count(_found("rebooting")) == 0
}

test_no_labels if count(rule.findings) == 0 with input as {"object": {"kind": "Node", "metadata": {"labels": null}}}
