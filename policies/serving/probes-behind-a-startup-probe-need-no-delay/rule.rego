# METADATA
# title: Probes that wait for a startup probe wait no longer
# custom:
#   class: advice
#   severity: info
#   kinds: [pods]
#   mentions: [startupProbe]
#   looks_at: [words]
#   remedy: take initialDelaySeconds out
#   fixable: true
#   sources:
#     - kubernetes v1.35.4 pkg/kubelet/prober/worker.go
package policies.serving["probes-behind-a-startup-probe-need-no-delay"]

import data.lib.serving

findings contains {"path": path, "message": message, "fix": {"path": path, "remove": true}} if {
	some c in serving.engines
	c.container.startupProbe
	some field in ["readinessProbe", "livenessProbe"]
	delay := c.container[field].initialDelaySeconds
	delay > 0
	path := array.concat(c.path, [field, "initialDelaySeconds"])
	message := sprintf("holds the %s back for %v s from the container's start, though the startup probe does that", [_word[field], delay])
}

_word := {"readinessProbe": "readiness probe", "livenessProbe": "liveness probe"}
