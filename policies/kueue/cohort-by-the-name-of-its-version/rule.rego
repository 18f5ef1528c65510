# METADATA
# title: The cohort stands in the field that the version has
# custom:
#   class: regretted
#   severity: error
#   kinds: [kueue.x-k8s.io/ClusterQueue, kueue.x-k8s.io/Cohort]
#   files_only: true
#   remedy: v1beta2 calls it spec.cohortName, v1beta1 spec.cohort; the parent of a Cohort is spec.parentName
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/clusterqueue_types.go
#     - kueue v0.19.2 apis/kueue/v1beta1/clusterqueue_types.go
#     - kueue v0.19.2 apis/kueue/v1beta2/cohort_types.go
package policies.kueue["cohort-by-the-name-of-its-version"]

import data.lib.kind

_fields := {
	"ClusterQueue": {
		"v1beta1": {"wrong": "cohortName", "right": "cohort"},
		"v1beta2": {"wrong": "cohort", "right": "cohortName"},
	},
	"Cohort": {
		"v1beta1": {"wrong": "parent", "right": "parentName"},
		"v1beta2": {"wrong": "parent", "right": "parentName"},
	},
}

findings contains {"path": ["spec", field.wrong], "message": message} if {
	field := _fields[input.object.kind][kind.version(input.object)]
	value := input.object.spec[field.wrong]
	value != null
	message := sprintf("%s knows no %s, %v is dropped: the field is %s", [
		kind.version(input.object),
		field.wrong,
		value,
		field.right,
	])
}
