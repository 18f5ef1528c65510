# METADATA
# title: A group that computes together restarts together
# custom:
#   class: regretted
#   severity: warning
#   kinds: [leaderworkerset.x-k8s.io/LeaderWorkerSet]
#   remedy: set restartPolicy to RecreateGroupOnPodRestart, or leave it out
#   fixable: true
#   sources:
#     - lws v0.9.0 api/leaderworkerset/v1/leaderworkerset_types.go (RestartPolicyType)
package policies.training["groups-restart-as-one"]

import data.lib.workload

findings contains {"path": path, "message": message, "fix": {"path": path, "value": "RecreateGroupOnPodRestart"}} if {
	template := input.object.spec.leaderWorkerTemplate
	template.restartPolicy in {"None", "Default"}
	is_number(template.size)
	template.size > 1
	count(workload.gpu_containers) > 0
	path := ["spec", "leaderWorkerTemplate", "restartPolicy"]
	message := sprintf("one of the %v pods comes back alone, to a group that has lost its state", [template.size])
}
