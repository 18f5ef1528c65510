# METADATA
# title: A disruption budget lets at least one pod go
# custom:
#   class: regretted
#   severity: warning
#   kinds:
#     - policy/PodDisruptionBudget
#     - apps/Deployment
#     - apps/StatefulSet
#     - autoscaling/HorizontalPodAutoscaler
#     - keda.sh/ScaledObject
#   across: true
#   remedy: "write maxUnavailable: 1, or run one pod more than minAvailable"
#   sources:
#     - kubernetes v1.35.4 pkg/controller/disruption/disruption.go (getExpectedPodCount)
package policies.serving["disruption-budgets-let-nodes-drain"]

import data.lib.autoscaling
import data.lib.kind
import data.lib.workload

_budgets := kind.all({"policy/PodDisruptionBudget"})

findings contains {"object": budget.index, "path": path, "message": message} if {
	some budget in _budgets
	budget.object.spec.maxUnavailable in {0, "0", "0%"}
	path := ["spec", "maxUnavailable"]
	message := sprintf("lets no pod go (maxUnavailable %v): every drain of their nodes waits for ever", [budget.object.spec.maxUnavailable])
}

findings contains {"object": budget.index, "path": ["spec", "minAvailable"], "message": message} if {
	some budget in _budgets
	budget.object.spec.minAvailable == "100%"
	message := "lets no pod go (minAvailable 100%): every drain of their nodes waits for ever"
}

findings contains {"object": budget.index, "path": ["spec", "minAvailable"], "message": message} if {
	some budget in _budgets
	kept := budget.object.spec.minAvailable
	is_number(kept)
	some workload_found in kind.all({"apps/Deployment", "apps/StatefulSet"})
	_covers(budget.object, workload_found.object)
	some pod in workload.pods_of(workload_found.object)
	pod.replicas > 0
	pod.replicas <= kept
	not _is_scaled(workload_found.object)
	message := sprintf(
		"keeps %v pods of %s, which has %v: none may go",
		[kept, kind.name(workload_found.object), pod.replicas],
	)
}

_covers(budget, o) if {
	kind.namespace(budget) == kind.namespace(o)
	wanted := kind.mapping(budget, ["spec", "selector", "matchLabels"])
	count(wanted) > 0
	not budget.spec.selector.matchExpressions
	labels := o.spec.template.metadata.labels
	every name, value in wanted {
		labels[name] == value
	}
}

_is_scaled(o) if {
	some scaler in kind.all(autoscaling.scalers)
	autoscaling.scaled(scaler.object) == autoscaling.scalable(o)
}
