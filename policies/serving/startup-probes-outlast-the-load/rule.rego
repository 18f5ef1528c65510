# METADATA
# title: A startup probe waits at least as long as the model can possibly take to load
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [startupProbe]
#   looks_at: [words]
#   remedy: raise failureThreshold until initialDelaySeconds + periodSeconds x failureThreshold covers a slow load
#   sources:
#     - kubernetes v1.35.4 pkg/kubelet/prober/worker.go
#     - seatrial trial of 2026-11-24 (a probe of 15 s against a load of 40 s never became ready)
package policies.serving["startup-probes-outlast-the-load"]

import data.lib.serving

findings contains {"path": path, "message": message} if {
	some c in serving.engines
	some asked in serving.probes(c)
	asked.field == "startupProbe"
	waits := serving.patience(asked.probe)
	needs := serving.least_load_seconds(c)
	waits < needs
	path := array.concat(c.path, ["startupProbe"])
	message := sprintf("gives up after %v s; %s cannot be ready in less than %v s", [waits, _what(c), ceil(needs)])
}

_what(c) := sprintf("a model of %v billion parameters", [serving.billions(c)]) if serving.billions(c) > 0

_what(c) := "a model server" if serving.billions(c) == 0
