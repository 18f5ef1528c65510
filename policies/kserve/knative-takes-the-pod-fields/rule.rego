# METADATA
# title: Knative takes the pod fields that an InferenceService uses
# custom:
#   class: regretted
#   severity: warning
#   kinds: [serving.kserve.io/InferenceService]
#   facts: [kserve]
#   remedy: turn the feature on in the ConfigMap config-features of knative-serving, or use Standard mode
#   sources:
#     - knative serving config/core/configmaps/features.yaml
#     - seatrial trial of 2026-11-24 (fieldRef refused, PredictorReady=False ReconcileFailed)
package policies.kserve["knative-takes-the-pod-fields"]

import data.lib.kind
import data.lib.kserve
import data.lib.workload

findings contains {"path": path, "message": message} if {
	kserve.mode(input.object) == "Knative"
	some pod in workload.pods
	some field, feature in _features
	_is_set(object.get(pod.spec, field, null))
	not _is_on(feature)
	path := array.concat(pod.path, [field])
	message := sprintf("sets %s, which Knative refuses while kubernetes.podspec-%s is off", [field, feature])
}

findings contains {"path": path, "message": message} if {
	kserve.mode(input.object) == "Knative"
	some pod in workload.pods
	some i, volume in kind.items(pod.spec, ["volumes"])
	volume.persistentVolumeClaim
	not _is_on("persistent-volume-claim")
	path := array.concat(pod.path, ["volumes", i])
	message := "mounts a claim, which Knative refuses while kubernetes.podspec-persistent-volume-claim is off"
}

_features := {
	"affinity": "affinity",
	"dnsConfig": "dnsconfig",
	"dnsPolicy": "dnspolicy",
	"hostAliases": "hostaliases",
	"initContainers": "init-containers",
	"nodeSelector": "nodeselector",
	"priorityClassName": "priorityclassname",
	"runtimeClassName": "runtimeclassname",
	"schedulerName": "schedulername",
	"tolerations": "tolerations",
	"topologySpreadConstraints": "topologyspreadconstraints",
}

_is_set(value) if not value in [null, "", [], {}]

# The cluster's own switches, where they are known: {"kserve": {"knative_features": {"nodeselector": "enabled"}}}.
_is_on(feature) if data.facts.kserve.knative_features[feature] in {"enabled", "allowed"}
