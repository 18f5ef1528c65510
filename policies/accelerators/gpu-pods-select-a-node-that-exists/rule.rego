# METADATA
# title: GPU pods select a node that exists
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [nodeSelector]
#   remedy: "take the labels from a node: kubectl get nodes -L nvidia.com/gpu.product"
#   facts: [nodes]
#   sources:
#     - k8s-device-plugin v0.20.0 README (labels of GPU Feature Discovery)
package policies.accelerators["gpu-pods-select-a-node-that-exists"]

import data.lib.mig
import data.lib.workload

findings contains {"path": array.concat(pod.path, ["nodeSelector"]), "message": message} if {
	some pod in workload.pods
	count(workload.accelerators_of_pod(pod.spec)) > 0
	selector := workload.node_selector(pod)
	count(selector) > 0
	not _matches(selector)
	message := sprintf("no node has %s", [concat(", ", sort([text | some k, v in selector; text := sprintf("%s=%v", [k, v])]))])
}

_matches(selector) if count(mig.nodes(selector)) > 0
