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
import data.lib.objects
import data.lib.workload

_budgets := objects.of_kind["policy/PodDisruptionBudget"]

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
	covered := _covered[_selector(budget.object)]
	covered.pods > 0
	covered.pods <= kept
	message := sprintf("keeps %v pods of %s, which have %v: none may go", [kept, covered.names, covered.pods])
}

# What a budget is about: its namespace and labels. Undefined for expressions, and where it is about all pods.
_selector(budget) := [kind.namespace(budget), wanted] if {
	wanted := kind.mapping(budget, ["spec", "selector", "matchLabels"])
	count(wanted) > 0
	not budget.spec.selector.matchExpressions
}

# The workloads that a budget covers, by what it is about: their names, and their pods together. It lacks those of which
# an autoscaler has the last word.
_covered[selector] := {"names": objects.listed({workload_found.name | some workload_found in found}), "pods": pods} if {
	some selector in {_selector(budget.object) | some budget in _budgets}
	found := _selected(selector[0], selector[1])
	every one in found {
		not one in _scaled
	}
	pods := sum([max(_replicas[one]) | some one in found])
}

_selected(namespace, wanted) := {found.scalable |
	rarest := sort([[count(_labelled[[namespace, name, value]]), name] | some name, value in wanted])[0][1]
	some found in _labelled[[namespace, rarest, wanted[rarest]]]
	every name, value in wanted {
		found.labels[name] == value
	}
}

_workloads := objects.of_kinds({"apps/Deployment", "apps/StatefulSet"})

# Workloads by namespace and one of the labels of their pods.
_labelled[key] contains {"scalable": autoscaling.scalable(found.object), "labels": labels} if {
	some found in _workloads
	namespace := kind.namespace(found.object)
	labels := found.object.spec.template.metadata.labels
	some name, value in labels
	key := [namespace, name, value]
}

# How many pods a workload has; several numbers where it stands there several times.
_replicas[key] contains pod.replicas if {
	some found in _workloads
	some pod in workload.pods_of(found.object)
	key := autoscaling.scalable(found.object)
}

_scaled := {autoscaling.scaled(scaler.object) | some scaler in objects.of_kinds(autoscaling.scalers)}
