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
import data.lib.objects

# Autoscalers of each workload, the first of each kind and name: an object also stands in two forms, as a cluster and its
# repository hold it.
_first[key] contains scaler.index if {
	some scaler in objects.of_kinds(autoscaling.scalers)
	target := autoscaling.scaled(scaler.object)
	key := [target, scaler.object.kind, kind.name(scaler.object)]
}

_scalers[target] contains {"index": min(indexes), "kind": named, "name": name} if {
	some [target, named, name], indexes in _first
}

# As many as can be the same object as one of them, and one more, are enough to find another that comes first.
_enough := 6

_earliest[target] := array.slice(sort(scalers), 0, _enough) if some target, scalers in _scalers

findings contains {"object": second.index, "path": ["spec", "scaleTargetRef"], "message": message} if {
	some second in objects.of_kinds(autoscaling.scalers)
	target := autoscaling.scaled(second.object)
	firsts := [first |
		some first in _earliest[target]
		first.index < second.index
		not _is_same(first, {"kind": second.object.kind, "name": kind.name(second.object)})
	]
	count(firsts) > 0
	message := sprintf("scales %s %s, as %s %s does", [target.kind, target.name, firsts[0].kind, firsts[0].name])
}

# The same object twice, or the HPA that KEDA made.
_is_same(a, b) if {
	a.kind == b.kind
	a.name == b.name
}

_is_same(a, b) if sprintf("keda-hpa-%s", [a.name]) == b.name

_is_same(a, b) if sprintf("keda-hpa-%s", [b.name]) == a.name
