# METADATA
# title: A Job lets its pods end
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch/Job, batch/CronJob]
#   remedy: set restartPolicy to Never or OnFailure in the pod template
#   upstream: 'valid values: "OnFailure", "Never"'
#   fixable: true
#   sources:
#     - kubernetes v1.36.0 pkg/apis/batch/validation/validation.go
package policies.training["jobs-let-their-pods-end"]

findings contains {"path": path, "message": message, "fix": {"path": path, "value": "Never"}} if {
	some at in [["spec", "template", "spec"], ["spec", "jobTemplate", "spec", "template", "spec"]]
	pod := object.get(input.object, at, null)
	is_object(pod)
	object.get(pod, "restartPolicy", null) in {null, "", "Always"}
	path := array.concat(at, ["restartPolicy"])
	message := "its pods would be started again when they are done"
}
