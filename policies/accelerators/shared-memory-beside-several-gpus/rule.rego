# METADATA
# title: Several GPUs of a container share a large /dev/shm
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [nvidia.com/gpu, amd.com/gpu]
#   looks_at: [annotations]
#   remedy: mount an emptyDir with medium Memory at /dev/shm
#   sources:
#     - NCCL user guide, Troubleshooting, Shared memory
#     - docs.vllm.ai, Using Docker (--ipc=host or --shm-size)
package policies.accelerators["shared-memory-beside-several-gpus"]

import data.lib.kind
import data.lib.workload

findings contains {"path": array.concat(c.path, ["volumeMounts"]), "message": message} if {
	_mounts_are_written_out
	not startswith(input.object.apiVersion, "ray.io/") # KubeRay mounts one itself
	some c in workload.gpu_containers
	not c.init
	gpus := sum([n | some name in ["nvidia.com/gpu", "amd.com/gpu"]; n := c.accelerators[name]])
	gpus > 1
	not _has_shared_memory(c)
	message := sprintf("%v GPUs talk through /dev/shm, which has 64 MiB here", [gpus])
}

_mounts_are_written_out if workload.is_complete(input.object)

# Of KServe's predictors only those with a model are merged with a runtime.
_mounts_are_written_out if {
	kind.of(input.object) == "serving.kserve.io/InferenceService"
	is_array(input.object.spec.predictor.containers)
	not input.object.spec.predictor.model
}

_has_shared_memory(c) if {
	some mount in kind.items(c.container, ["volumeMounts"])
	is_string(mount.mountPath)
	trim_right(mount.mountPath, "/") in {"/dev/shm", "/dev", "/run/shm"}
}

_has_shared_memory(c) if c.pod.spec.hostIPC == true

_has_shared_memory(c) if {
	some name, _ in kind.mapping(c.pod.metadata, ["annotations"])
	contains(lower(name), "shmsize") # CRI-O: io.kubernetes.cri-o.ShmSize
}
