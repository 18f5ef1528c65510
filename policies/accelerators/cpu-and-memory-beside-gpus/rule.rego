# METADATA
# title: A container with GPUs requests CPU and memory
# custom:
#   class: advice
#   severity: warning
#   kinds: [pods]
#   mentions: [nvidia.com/, amd.com/gpu, gpu.intel.com/]
#   remedy: request the CPU cores and the memory that feed the GPUs
#   sources:
#     - kubernetes.io/docs/concepts/configuration/manage-resources-containers (requests and limits, pod-level resources)
package policies.accelerators["cpu-and-memory-beside-gpus"]

import data.lib.workload

findings contains {"path": array.concat(c.path, ["resources", "requests"]), "message": message} if {
	workload.is_complete(input.object)
	some c in workload.gpu_containers
	not c.init
	missing := [name | some name in ["cpu", "memory"]; not _asks(c, name)]
	count(missing) > 0
	message := sprintf("holds %v GPUs, but requests no %s", [c.gpus, concat(" and no ", missing)])
}

# A limit is a request as well, and so is what the pod asks for as a whole.
_asks(c, name) if c.container.resources.requests[name]

_asks(c, name) if c.container.resources.limits[name]

_asks(c, name) if c.pod.spec.resources.requests[name]

_asks(c, name) if c.pod.spec.resources.limits[name]
