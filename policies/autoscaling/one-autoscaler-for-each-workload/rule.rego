# METADATA
# title: A workload has one autoscaler
# custom:
#   class: regretted
#   severity: error
#   kinds: [autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]
#   across: true
#   remedy: keep one of them, with the metrics of both
#   sources:
#     - kubernetes v1.35.4 pkg/controller/podautoscaler/horizontal.go (AmbiguousSelector)
#     - keda pkg/scaling (a ScaledObject makes an HPA of its own)
package policies.autoscaling["one-autoscaler-for-each-workload"]

import data.lib.autoscaling
import data.lib.kind

_scalers := kind.all(autoscaling.scalers)

findings contains {"object": second.index, "path": ["spec", "scaleTargetRef"], "message": message} if {
	some second in _scalers
	target := autoscaling.scaled(second.object)
	firsts := [first.object |
		some first in _scalers
		first.index < second.index
		autoscaling.scaled(first.object) == target
		not _is_same(first.object, second.object)
	]
	count(firsts) > 0
	message := sprintf("scales %s %s, as %s %s does", [target.kind, target.name, firsts[0].kind, kind.name(firsts[0])])
}

# The same object in two forms, as a cluster and its repository hold it, or the HPA that KEDA made.
_is_same(a, b) if {
	a.kind == b.kind
	kind.name(a) == kind.name(b)
}

_is_same(a, b) if sprintf("keda-hpa-%s", [kind.name(a)]) == kind.name(b)

_is_same(a, b) if sprintf("keda-hpa-%s", [kind.name(b)]) == kind.name(a)
