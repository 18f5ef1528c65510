# METADATA
# title: A pod asks for whole GPUs or for a fraction
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [gpu-fraction, gpu-memory]
#   looks_at: [annotations]
#   remedy: drop the GPU limit to keep the fraction, or the annotation to keep the GPU
#   sources:
#     - kai-scheduler 72de64f pkg/binder/plugins/gpusharing/gpu-request/gpu_request_validator.go
package policies.accelerators["whole-gpus-or-a-fraction"]

import data.lib.kind
import data.lib.workload

findings contains {"path": array.concat(c.path, ["resources", "limits", "nvidia.com/gpu"]), "message": message} if {
	some c in workload.containers
	limit := kind.mapping(c.container, ["resources", "limits"])["nvidia.com/gpu"]
	some name in ["gpu-fraction", "gpu-memory"]
	share := kind.mapping(c.pod.metadata, ["annotations"])[name]
	message := sprintf("asks for %v nvidia.com/gpu, and by annotation for %s %v", [limit, name, share])
}
