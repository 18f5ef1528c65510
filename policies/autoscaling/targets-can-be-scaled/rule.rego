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

_scalers := kind.all(autoscaling.scalers)

_workloads := kind.all({"apps/Deployment", "apps/StatefulSet", "leaderworkerset.x-k8s.io/LeaderWorkerSet"})

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
	named := [w.object | some w in _workloads; kind.name(w.object) == target.name; kind.namespace(w.object) == target.namespace]
	count(named) > 0
	every workload in named {
		autoscaling.scalable(workload) != target
	}
	message := sprintf(
		"names the %s %s of %s, and what is called so is a %s of %s",
		[target.kind, target.name, _group(target.group), named[0].kind, _group(autoscaling.scalable(named[0]).group)],
	)
}

# The InferenceService's own name, where its Deployment is meant.
findings contains {"object": scaler.index, "path": ["spec", "scaleTargetRef"], "message": message} if {
	some scaler in _scalers
	target := autoscaling.scaled(scaler.object)
	target.kind == "Deployment"
	some service in kind.all({"serving.kserve.io/InferenceService"})
	kind.name(service.object) == target.name
	kind.namespace(service.object) == target.namespace
	count([w | some w in _workloads; kind.name(w.object) == target.name]) == 0
	message := sprintf("names the Deployment %s; KServe makes none of this name for the InferenceService", [target.name])
}

_group(group) := group if group != ""

_group(group) := "the core group" if group == ""
