# METADATA
# title: Images of GPU workloads are pinned
# custom:
#   class: advice
#   severity: warning
#   kinds: [pods]
#   mentions: [nvidia.com/, amd.com/gpu, gpu.intel.com/]
#   remedy: write a version, or better the digest
#   sources:
#     - kubernetes.io/docs/concepts/containers/images (image names, pull policy)
package policies.accelerators["gpu-images-are-pinned"]

import data.lib.workload

findings contains {"path": array.concat(c.path, ["image"]), "message": message} if {
	some c in workload.gpu_containers
	image := c.container.image
	is_string(image)
	image != ""
	not regex.match(`[$<{]`, image) # filled in later
	not contains(image, "@")
	message := _moves(image)
}

_moves(image) := sprintf("%s has no version: it is whatever latest is", [image]) if not contains(_last(image), ":")

_moves(image) := sprintf("%s moves: its tag means another image tomorrow", [image]) if {
	regex.match(`:(.*[-._])?(latest|nightly)([-._].*)?$`, _last(image))
}

# A colon before the last slash is the port of a registry.
_last(image) := parts[count(parts) - 1] if parts := split(image, "/")
