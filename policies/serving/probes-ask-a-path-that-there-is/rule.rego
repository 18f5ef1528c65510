# METADATA
# title: Probes ask a path that the model server answers
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [httpGet]
#   looks_at: [words]
#   remedy: ask /health, which vLLM, SGLang and TGI all have
#   fixable: true
#   sources:
#     - vllm 0.32.0 (the routes of a running server, listed on 2026-11-24)
#     - sglang python/sglang/srt/entrypoints/http_server.py
#     - text-generation-inference router/src/server.rs
package policies.serving["probes-ask-a-path-that-there-is"]

import data.lib.serving

findings contains {"path": path, "message": message, "fix": {"path": path, "value": "/health"}} if {
	some c in serving.engines
	c.engine in {"vllm", "sglang", "tgi"}
	serving.alone(c)
	not serving.hidden(c.container)
	not serving.given(c.container, ["--middleware"])
	some probe in serving.probes(c)
	asked := probe.probe.httpGet.path
	asked in _nowhere
	path := array.concat(probe.path, ["httpGet", "path"])
	message := sprintf("asks %s, which %s does not have: every answer is 404", [asked, _names[c.engine]])
}

_names := {"vllm": "vLLM", "sglang": "SGLang", "tgi": "TGI"}

# What other servers call it.
_nowhere := {
	"/healthz", "/livez", "/readyz", "/ready", "/live", "/readiness", "/liveness", "/healthcheck", "/health/ready",
	"/health/live", "/v1/health", "/v1/health/ready", "/v1/health/live", "/v2/health/ready", "/v2/health/live",
	"/api/health", "/-/ready", "/-/healthy",
}
