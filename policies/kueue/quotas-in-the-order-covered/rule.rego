# METADATA
# title: Quotas stand in the order of the covered resources
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/ClusterQueue, kueue.x-k8s.io/Cohort]
#   remedy: write the quotas of each flavor in the order of coveredResources
#   upstream: must match the name in coveredResources
#   sources:
#     - kueue v0.19.2 pkg/webhooks/clusterqueue_webhook.go (validateFlavorQuotas)
package policies.kueue["quotas-in-the-order-covered"]

import data.lib.kind

findings contains {"path": path, "message": message} if {
	some g, group in kind.items(input.object, ["spec", "resourceGroups"])
	covered := kind.items(group, ["coveredResources"])
	some f, flavor in kind.items(group, ["flavors"])
	resources := kind.items(flavor, ["resources"])
	count(resources) == count(covered)
	some r, resource in resources
	resource.name != covered[r]
	path := ["spec", "resourceGroups", g, "flavors", f, "resources", r, "name"]
	message := sprintf("%s is quota %d of %s, where coveredResources has %s", [
		resource.name,
		r + 1,
		object.get(flavor, "name", "a flavor"),
		covered[r],
	])
}
