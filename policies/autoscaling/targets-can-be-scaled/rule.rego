# METADATA
# title: An autoscaler names something that can be scaled, as it is called
# custom:
#   class: regretted
#   severity: error
#   kinds:
#     - autoscaling/HorizontalPodAutoscaler
#     - keda.sh/ScaledObject
#     - serving.kserve.io/InferenceService
#     - apps/Deployment
#     - apps/StatefulSet
#     - leaderworkerset.x-k8s.io/LeaderWorkerSet
#   across: true
#   remedy: name apiVersion, kind and name of the workload; for KServe in Standard mode that is Deployment <name>-predictor
#   sources:
#     - kserve v0.20.0 (InferenceService has no scale subresource)
#     - kubernetes v1.35.4 pkg/controller/podautoscaler/horizontal.go (FailedGetScale)
package policies.autoscaling["targets-can-be-scaled"]

import data.lib.autoscaling
import data.lib.kind
import data.lib.objects

_scalers := objects.of_kinds(autoscaling.scalers)

_workloads := objects.of_kinds({"apps/Deployment", "apps/StatefulSet", "leaderworkerset.x-k8s.io/LeaderWorkerSet"})

_names := {kind.name(workload.object) | some workload in _workloads}

# What the workloads of one namespace and name are.
_called[key] contains {"index": workload.index, "scalable": autoscaling.scalable(workload.object)} if {
	some workload in _workloads
	namespace := kind.namespace(workload.object)
	name := kind.name(workload.object)
	key := [namespace, name]
}

_scalable := {autoscaling.scalable(workload.object) | some workload in _workloads}

_first[key] := sort(found)[0].scalable if some key, found in _called

_services := {[kind.namespace(service.object), kind.name(service.object)] |
	some service in objects.of_kind["serving.kserve.io/InferenceService"]
}

findings contains {"object": scaler.index, "path": ["spec", "scaleTargetRef"], "message": message} if {
	some scaler in _scalers
	target := autoscaling.scaled(scaler.object)
	target.kind in {"InferenceService", "LLMInferenceService", "Pod", "DaemonSet", "Job"}
	message := sprintf("names the %s %s, which cannot be scaled", [target.kind, target.name])
}

# The name is right, the kind is not.
findings contains {"object": scaler.index, "path": ["spec", "scaleTargetRef"], "message": message} if {
	some scaler in _scalers
	target := autoscaling.scaled(scaler.object)
	target.kind in {"Deployment", "StatefulSet", "LeaderWorkerSet"}
	not target in _scalable
	there := _first[[target.namespace, target.name]]
	message := sprintf(
		"names the %s %s of %s, and what is called so is a %s of %s",
		[target.kind, target.name, _group(target.group), there.kind, _group(there.group)],
	)
}

# The InferenceService's own name, where its Deployment is meant.
findings contains {"object": scaler.index, "path": ["spec", "scaleTargetRef"], "message": message} if {
	some scaler in _scalers
	target := autoscaling.scaled(scaler.object)
	target.kind == "Deployment"
	[target.namespace, target.name] in _services
	not target.name in _names
	message := sprintf("names the Deployment %s; KServe makes none of this name for the InferenceService", [target.name])
}

_group(group) := group if group != ""

_group(group) := "the core group" if group == ""
