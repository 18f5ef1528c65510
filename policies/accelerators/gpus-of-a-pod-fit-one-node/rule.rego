# METADATA
# title: The GPUs of a pod fit on one node
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [nvidia.com/gpu]
#   remedy: spread them over several pods, or ask for at most what one node has
#   facts: [nodes]
#   sources:
#     - kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus
#     - k8s-device-plugin v0.20.0 README (nvidia.com/gpu.count, nvidia.com/gpu.replicas)
package policies.accelerators["gpus-of-a-pod-fit-one-node"]

import data.lib.mig
import data.lib.workload

_gpu := "nvidia.com/gpu"

findings contains {"path": array.concat(pod.path, ["containers"]), "message": message} if {
	some pod in workload.pods
	wanted := workload.accelerators_of_pod(pod.spec)[_gpu]
	largest := _largest(workload.node_selector(pod))
	wanted > largest
	message := sprintf("a pod wants %v %s, the largest node that it may go to has %v", [wanted, _gpu, largest])
}

findings contains {"path": array.concat(pod.path, ["containers"]), "message": "the nodes are not known"} if {
	not data.facts.nodes
	some pod in workload.pods
	workload.accelerators_of_pod(pod.spec)[_gpu] > 0
}

# Undefined where no node matches, which is another policy's matter.
_largest(selector) := max(counts) if {
	counts := [n | some node in mig.nodes(selector); n := mig.gpu_count(node)]
	count(counts) > 0
}
