# METADATA
# title: Queues name flavors that exist
# custom:
#   class: regretted
#   severity: warning
#   kinds: [kueue.x-k8s.io/ClusterQueue, kueue.x-k8s.io/Cohort, kueue.x-k8s.io/ResourceFlavor]
#   remedy: name one of the ResourceFlavors, or add the missing one
#   across: true
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go (FlavorNotFound)
package policies.kueue["flavors-exist"]

import data.lib.kind
import data.lib.objects

_flavors := {kind.name(found.object) | some found in objects.of_kind["kueue.x-k8s.io/ResourceFlavor"]}

_there_are := objects.listed(_flavors)

# An input without a single flavor is only a part of the platform.
findings contains {"object": queue.index, "path": path, "message": message} if {
	count(_flavors) > 0
	some queue in objects.of_kinds({"kueue.x-k8s.io/ClusterQueue", "kueue.x-k8s.io/Cohort"})
	some g, group in kind.items(queue.object, ["spec", "resourceGroups"])
	some f, flavor in kind.items(group, ["flavors"])
	not flavor.name in _flavors
	path := ["spec", "resourceGroups", g, "flavors", f, "name"]
	message := sprintf("there is no ResourceFlavor %s; there are %s", [flavor.name, _there_are])
}
