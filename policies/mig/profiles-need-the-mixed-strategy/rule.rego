# METADATA
# title: Pods that name a MIG profile need the strategy mixed
# custom:
#   class: regretted
#   severity: error
#   kinds: [nvidia.com/ClusterPolicy, pods]
#   remedy: set spec.mig.strategy of the ClusterPolicy to mixed, or ask for nvidia.com/gpu
#   across: true
#   sources:
#     - k8s-device-plugin v0.20.0 (1b826ac) internal/rm/rm.go, README.md (mig-strategy)
#     - gpu-operator v26.7.0 (a22dbf6) deployments/gpu-operator/values.yaml (mig.strategy)
package policies.mig["profiles-need-the-mixed-strategy"]

import data.lib.kind
import data.lib.mig
import data.lib.objects
import data.lib.workload

# What the first ClusterPolicy says that gives out no MIG devices by name.
_against := found[0] if {
	found := [{"policy": kind.name(policy.object), "strategy": strategy} |
		some policy in objects.of_kind["nvidia.com/ClusterPolicy"]
		strategy := policy.object.spec.mig.strategy
		strategy in {"single", "none"}
		not policy.object.spec.devicePlugin.config.name # may set another one for some nodes
	]
}

findings contains {"object": index, "path": array.concat(c.path, ["resources", "limits", resource]), "message": message} if {
	policy := _against.policy
	some index, object in input.objects
	some c in workload.containers_of(object)
	some resource, _ in mig.resources(c.container)
	message := sprintf("asks for %s, but ClusterPolicy %s has the MIG strategy %s", [resource, policy, _against.strategy])
}
