# METADATA
# title: Tensor parallelism needs whole GPUs
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [nvidia.com/mig-]
#   looks_at: [words]
#   remedy: give the server whole GPUs, or one instance and a tensor-parallel size of 1
#   sources:
#     - NVIDIA MIG user guide, Application Considerations (no P2P between instances)
#     - NVIDIA MIG user guide, CUDA Device Enumeration (one instance for a process)
package policies.mig["tensor-parallel-needs-whole-gpus"]

import data.lib.mig
import data.lib.workload

findings contains {"path": workload.flag_path(c, flag), "message": message} if {
	some c in workload.containers
	count(mig.resources(c.container)) > 0
	not c.accelerators["nvidia.com/gpu"]
	some flag in ["--tensor-parallel-size", "-tp", "--tp", "--tp-size"]
	size := workload.flag(c.container, flag)
	regex.match(`^[0-9]+$`, size)
	to_number(size) > 1
	message := sprintf("%s %s over MIG instances, which cannot reach each other", [flag, size])
}
