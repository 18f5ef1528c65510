package policies.mig["profiles-need-the-mixed-strategy_test"]

import data.policies.mig["profiles-need-the-mixed-strategy"] as rule

_policy(spec) := {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "metadata": {"name": "p"}, "spec": spec}

_pod(resource) := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"resources": {"limits": {resource: 1}}}]}}

_found(spec, resource) := found if {
	found := rule.findings with input as {"objects": [_policy(spec), _pod(resource)]}
}

test_single if count(_found({"mig": {"strategy": "single"}}, "nvidia.com/mig-1g.10gb")) == 1

test_mixed if count(_found({"mig": {"strategy": "mixed"}}, "nvidia.com/mig-1g.10gb")) == 0

test_single_with_plain_gpus if count(_found({"mig": {"strategy": "single"}}, "nvidia.com/gpu")) == 0

test_not_written if count(_found({}, "nvidia.com/mig-1g.10gb")) == 0

test_some_nodes_may_differ if {
	count(_found({"mig": {"strategy": "single"}, "devicePlugin": {"config": {"name": "plugin"}}}, "nvidia.com/mig-1g.10gb")) == 0
}

test_no_policy_at_all if count(rule.findings) == 0 with input as {"objects": [_pod("nvidia.com/mig-1g.10gb")]}
