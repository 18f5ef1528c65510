# METADATA
# title: A flavor and a resource stand in one resource group
# custom:
#   class: rejected
#   severity: error
#   kinds: [kueue.x-k8s.io/ClusterQueue, kueue.x-k8s.io/Cohort]
#   remedy: join the groups, or give the second one flavors and resources of its own
#   upstream: Duplicate value
#   sources:
#     - kueue v0.19.2 pkg/webhooks/clusterqueue_webhook.go (validateResourceGroups)
package policies.kueue["resource-groups-do-not-overlap"]

import data.lib.kind

findings contains {"path": place.path, "message": message} if {
	some field in ["flavor", "resource"]
	named := [place | some place in _places; place.field == field]
	some i, place in named
	some j, earlier in named
	j < i
	earlier.name == place.name
	not _named_before(named, j)
	message := sprintf("%s %s stands in group %d already", [place.field, place.name, earlier.group + 1])
}

_named_before(named, j) if {
	some i, other in named
	i < j
	other.name == named[j].name
}

_places := array.concat(
	[place |
		some g, group in kind.items(input.object, ["spec", "resourceGroups"])
		some f, flavor in kind.items(group, ["flavors"])
		place := {"field": "flavor", "name": flavor.name, "group": g, "path": ["spec", "resourceGroups", g, "flavors", f, "name"]}
	],
	[place |
		some g, group in kind.items(input.object, ["spec", "resourceGroups"])
		some r, name in kind.items(group, ["coveredResources"])
		place := {"field": "resource", "name": name, "group": g, "path": ["spec", "resourceGroups", g, "coveredResources", r]}
	],
)
