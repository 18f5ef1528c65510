# METADATA
# title: Memory-backed volumes fit into the memory limit
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [sizeLimit]
#   remedy: raise the memory limit above the sizeLimit, by what the program itself needs
#   sources:
#     - kubernetes.io/docs/concepts/storage/volumes (emptyDir, medium Memory)
package policies.accelerators["shared-memory-within-the-memory-limit"]

import data.lib.kind
import data.lib.quantity
import data.lib.workload

findings contains {"path": path, "message": message} if {
	workload.is_complete(input.object)
	some pod in workload.pods
	some v, volume in kind.items(pod.spec, ["volumes"])
	volume.emptyDir.medium == "Memory"
	size := quantity.number(volume.emptyDir.sizeLimit)
	limit := _limit(pod)
	size > limit
	path := array.concat(pod.path, ["volumes", v, "emptyDir", "sizeLimit"])
	message := sprintf("%s may hold %v, but the containers together have a memory limit of %v MiB", [
		object.get(volume, "name", "it"),
		volume.emptyDir.sizeLimit,
		floor(limit / 1048576),
	])
}

# Of all containers together; undefined where one has none, or the pod has its own.
_limit(pod) := sum(limits) if {
	not pod.spec.resources
	containers := array.concat(kind.items(pod.spec, ["containers"]), kind.items(pod.spec, ["initContainers"]))
	limits := [n | some container in containers; n := quantity.number(container.resources.limits.memory)]
	count(limits) == count(containers)
	count(limits) > 0
}
