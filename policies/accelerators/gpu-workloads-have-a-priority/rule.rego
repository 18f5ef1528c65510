# METADATA
# title: GPU workloads say how important they are
# custom:
#   class: advice
#   severity: info
#   kinds: [pods]
#   mentions: [nvidia.com/, amd.com/gpu, gpu.intel.com/]
#   remedy: set priorityClassName, or the label kueue.x-k8s.io/priority-class
#   sources:
#     - kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption
#     - kueue v0.19.2 pkg/controller/constants/constants.go (WorkloadPriorityClassLabel)
package policies.accelerators["gpu-workloads-have-a-priority"]

import data.lib.kind
import data.lib.workload

_label := "kueue.x-k8s.io/priority-class"

# Also where Volcano and the Training Operator write it.
_elsewhere := [["spec", "priorityClassName"], ["spec", "runPolicy", "schedulingPolicy", "priorityClass"]]

findings contains {"path": array.concat(pod.path, ["priorityClassName"]), "message": message} if {
	workload.is_complete(input.object)
	not workload.is_agent(input.object)
	not kind.labels(input.object)[_label]
	every path in _elsewhere {
		object.get(input.object, path, "") == ""
	}
	some pod in workload.pods
	not pod.spec.priorityClassName
	not pod.spec.priority
	not kind.mapping(pod.metadata, ["labels"])[_label]
	count(workload.accelerators_of_pod(pod.spec)) > 0
	message := "holds GPUs and has no priority: it is preempted, or preempts, by the default"
}
