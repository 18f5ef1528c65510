package policies.networking["host-network-keeps-cluster-names_test"]

import data.policies.networking["host-network-keeps-cluster-names"] as rule

_pod(spec) := {"apiVersion": "v1", "kind": "Pod", "spec": object.union({"containers": [{"name": "m", "resources": {"limits": {"nvidia.com/gpu": 8}}}]}, spec)}

test_without if count(rule.findings) == 1 with input as {"object": _pod({"hostNetwork": true})}

test_null if count(rule.findings) == 1 with input as {"object": _pod({"hostNetwork": true, "dnsPolicy": null})}

test_cluster_first_means_default_there if count(rule.findings) == 1 with input as {"object": _pod({"hostNetwork": true, "dnsPolicy": "ClusterFirst"})}

test_said if {
	count(rule.findings) == 0 with input as {"object": _pod({"hostNetwork": true, "dnsPolicy": "ClusterFirstWithHostNet"})}
	count(rule.findings) == 0 with input as {"object": _pod({"hostNetwork": true, "dnsPolicy": "Default"})}
	count(rule.findings) == 0 with input as {"object": _pod({"hostNetwork": true, "dnsPolicy": "None", "dnsConfig": {}})}
}

test_on_the_pods_network if count(rule.findings) == 0 with input as {"object": _pod({"hostNetwork": false})}

test_agents_without_gpus if {
	count(rule.findings) == 0 with input as {"object": {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": {"spec": {"hostNetwork": true, "containers": [{"name": "m"}]}}}}}
}

test_volcano_sets_it_itself if {
	job := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"tasks": [{"name": "t", "template": _pod({"hostNetwork": true})}]}}
	count(rule.findings) == 0 with input as {"object": job}
}
