# METADATA
# title: Queues of Kueue
package lib.kueue

import data.lib.kind

queue_label := "kueue.x-k8s.io/queue-name"

# The cohort of a ClusterQueue, or "": v1beta1 calls the field cohort, v1beta2 cohortName.
cohort(queue) := object.get(queue, ["spec", "cohort"], "") if kind.version(queue) == "v1beta1"

cohort(queue) := object.get(queue, ["spec", "cohortName"], "") if kind.version(queue) != "v1beta1"

# Every number of a ClusterQueue's or Cohort's quota: {"path", "flavor", "resource", "field", "value"}.
limits(queue) := {place |
	some g, group in queue.spec.resourceGroups
	some f, flavor in group.flavors
	some r, resource in flavor.resources
	some field in ["nominalQuota", "borrowingLimit", "lendingLimit"]
	value := resource[field]
	place := {
		"path": ["spec", "resourceGroups", g, "flavors", f, "resources", r, field],
		"flavor": flavor.name,
		"resource": resource.name,
		"field": field,
		"value": value,
	}
}
