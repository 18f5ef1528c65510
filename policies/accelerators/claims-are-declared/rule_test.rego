package policies.accelerators["claims-are-declared_test"]

import data.policies.accelerators["claims-are-declared"] as rule

_found(claims, declared) := found if {
	found := rule.findings with input as {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {
		"resourceClaims": declared,
		"containers": [{"resources": {"claims": claims}}],
	}}}
}

test_not_declared if count(_found([{"name": "gpu"}], [])) == 1

test_declared_by_another_name if count(_found([{"name": "gpu"}], [{"name": "gpus"}])) == 1

test_declared if count(_found([{"name": "gpu", "request": "large"}], [{"name": "gpu", "resourceClaimTemplateName": "h100"}])) == 0

test_declared_and_not_used if count(_found([], [{"name": "gpu"}])) == 0

test_null if count(_found(null, null)) == 0
