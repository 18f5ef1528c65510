# METADATA
# title: Every flavor has a quota for every covered resource
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/ClusterQueue, kueue.x-k8s.io/Cohort]
#   remedy: give each flavor one quota for each of coveredResources, in their order
#   upstream: flavors must have the same number of resources as the coveredResources
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go (CEL rule of ResourceGroup)
package policies.kueue["quota-for-every-covered-resource"]

import data.lib.kind

findings contains {"path": path, "message": message} if {
	some g, group in kind.items(input.object, ["spec", "resourceGroups"])
	covered := kind.items(group, ["coveredResources"])
	some f, flavor in kind.items(group, ["flavors"])
	resources := kind.items(flavor, ["resources"])
	count(resources) > 0
	count(resources) != count(covered)
	path := ["spec", "resourceGroups", g, "flavors", f, "resources"]
	every name in array.concat(covered, [resource.name | some resource in resources]) {
		is_string(name)
	}
	named := [resource.name | some resource in resources]
	message := sprintf("%s has quotas for %s, the group covers %s", [
		object.get(flavor, "name", "a flavor"),
		concat(", ", named),
		concat(", ", covered),
	])
}
