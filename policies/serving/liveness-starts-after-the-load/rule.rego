# METADATA
# title: A liveness probe does not kill a model server that is still loading
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [livenessProbe]
#   looks_at: [words]
#   remedy: add a startupProbe with the budget for the load, and leave initialDelaySeconds of the liveness probe out
#   sources:
#     - kubernetes v1.35.4 pkg/kubelet/prober/worker.go
#     - seatrial trial of 2026-11-24 (4 restarts in 88 s, never ready)
package policies.serving["liveness-starts-after-the-load"]

import data.lib.serving

findings contains {"path": asked.path, "message": message} if {
	some c in serving.engines
	not c.container.startupProbe
	some asked in serving.probes(c)
	asked.field == "livenessProbe"
	waits := serving.patience(asked.probe)
	needs := serving.least_load_seconds(c)
	waits < needs
	message := sprintf(
		"kills the server %v s after its start, and no startup probe holds it back; loading takes at least %v s",
		[waits, ceil(needs)],
	)
}
