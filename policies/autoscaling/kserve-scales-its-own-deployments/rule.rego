# METADATA
# title: The Deployment that KServe scales has no second autoscaler
# custom:
#   class: regretted
#   severity: error
#   kinds: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject, serving.kserve.io/InferenceService]
#   across: true
#   remedy: "set serving.kserve.io/autoscalerClass: external, or let KServe make the autoscaler"
#   sources:
#     - kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/reconcilers/autoscaler/autoscaler_reconciler.go
package policies.autoscaling["kserve-scales-its-own-deployments"]

import data.lib.autoscaling
import data.lib.kind
import data.lib.kserve
import data.lib.objects

# The InferenceServices whose Deployments KServe scales, by these.
_scaled_by_kserve[key] contains kind.name(service.object) if {
	some service in objects.of_kind["serving.kserve.io/InferenceService"]
	kserve.mode(service.object) == "Standard"
	kserve.autoscaler_class(service.object) in {"", "hpa", "keda"}
	some name in kserve.deployments(service.object)
	key := {"namespace": kind.namespace(service.object), "group": "apps", "kind": "Deployment", "name": name}
}

findings contains {"object": scaler.index, "path": ["spec", "scaleTargetRef"], "message": message} if {
	some scaler in objects.of_kinds(autoscaling.scalers)
	target := autoscaling.scaled(scaler.object)
	some service in _scaled_by_kserve[target]
	not kserves_own(scaler.object)
	message := sprintf("scales %s, which KServe scales for InferenceService %s", [target.name, service])
}

kserves_own(scaler) if {
	some owner in kind.items(scaler, ["metadata", "ownerReferences"])
	owner.kind in {"InferenceService", "ScaledObject"}
}
