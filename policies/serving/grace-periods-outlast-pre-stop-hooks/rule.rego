# METADATA
# title: The grace period is longer than the sleep before the stop
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [preStop]
#   looks_at: [words]
#   remedy: set terminationGracePeriodSeconds to the sleep plus the longest answer
#   sources:
#     - kubernetes v1.35.4 pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer)
package policies.serving["grace-periods-outlast-pre-stop-hooks"]

import data.lib.workload

findings contains {"path": path, "message": message} if {
	some c in workload.containers
	not c.init
	some pattern in [`^(?:\S*/)?sleep (\d+)s?$`, `(?:^|[;&\s])sleep (\d+)s?\s*;?\s*$`]
	command := c.container.lifecycle.preStop.exec.command
	is_array(command)
	words := concat(" ", [word | some word in command; is_string(word)])
	slept := to_number(regex.find_all_string_submatch_n(pattern, words, 1)[0][1])
	grace := _grace(c.pod.spec)
	slept >= grace
	path := array.concat(c.path, ["lifecycle", "preStop", "exec", "command"])
	message := sprintf("sleeps %v s of the %v s that the pod has: it is killed before it can end by itself", [slept, grace])
}

_grace(spec) := 30 if not spec.terminationGracePeriodSeconds

_grace(spec) := spec.terminationGracePeriodSeconds if is_number(spec.terminationGracePeriodSeconds)
