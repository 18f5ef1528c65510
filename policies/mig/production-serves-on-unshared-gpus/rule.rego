# METADATA
# title: Production serves on GPUs that are not shared
# custom:
#   class: regretted
#   severity: warning
#   kinds:
#     - apps/Deployment
#     - apps/StatefulSet
#     - leaderworkerset.x-k8s.io/LeaderWorkerSet
#     - serving.kserve.io/InferenceService
#     - serving.kserve.io/LLMInferenceService
#   looks_at: [labels, words]
#   remedy: ask for nvidia.com/gpu or a MIG instance on nodes that do not share
#   sources:
#     - k8s-device-plugin v0.20.0 (1b826ac) README.md (Shared Access to GPUs; label nvidia.com/gpu.sharing-strategy)
package policies.mig["production-serves-on-unshared-gpus"]

import data.lib.kind
import data.lib.workload

_environments := {"env", "environment", "stage", "tier", "app.kubernetes.io/environment"}

findings contains {"path": how.path, "message": message} if {
	some key in _environments
	environment := kind.labels(input.object)[key]
	is_string(environment)
	lower(environment) in {"prod", "production"}
	some how in _shared
	message := sprintf("is %s=%s and serves on a shared GPU (%s)", [key, environment, how.word])
}

_shared contains {"path": array.concat(c.path, ["resources", "limits", name]), "word": name} if {
	some c in workload.containers
	some name, _ in kind.mapping(c.container, ["resources", "limits"])
	startswith(name, "nvidia.com/")
	endswith(name, ".shared")
}

_shared contains {"path": array.concat(pod.path, ["nodeSelector", key]), "word": sprintf("%s=%s", [key, value])} if {
	some pod in workload.pods
	count(workload.accelerators_of_pod(pod.spec)) > 0
	some key, value in workload.node_selector(pod)
	is_string(value)
	_means_shared(key, value)
}

_means_shared("nvidia.com/gpu.sharing-strategy", value) if value in {"mps", "time-slicing"}

_means_shared("nvidia.com/gpu.product", value) if endswith(value, "-SHARED")
