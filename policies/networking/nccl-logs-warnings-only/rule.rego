# METADATA
# title: NCCL logs warnings only, once a job is in use
# custom:
#   class: advice
#   severity: info
#   kinds: [pods]
#   mentions: [NCCL_DEBUG]
#   looks_at: [words]
#   remedy: take NCCL_DEBUG out, or set it to WARN
#   fixable: true
#   sources:
#     - NVIDIA NCCL user guide, environment variables (NCCL_DEBUG)
package policies.networking["nccl-logs-warnings-only"]

import data.lib.kind
import data.lib.workload

findings contains {"path": path, "message": message, "fix": {"path": array.concat(path, ["value"]), "value": "WARN"}} if {
	some c in workload.gpu_containers
	some i, variable in kind.items(c.container, ["env"])
	variable.name == "NCCL_DEBUG"
	is_string(variable.value)
	upper(variable.value) in {"INFO", "TRACE"}
	path := array.concat(c.path, ["env", i])
	message := sprintf("every rank logs each of its connections (NCCL_DEBUG=%v)", [variable.value])
}
