# METADATA
# title: Probes ask the port at which the model server listens
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [httpGet]
#   looks_at: [words]
#   remedy: let the probe's port and the server's --port agree
#   sources:
#     - vllm vllm/entrypoints/openai/cli_args.py (port 8000)
#     - sglang python/sglang/srt/server_args.py (port 30000)
#     - kubernetes v1.35.4 pkg/kubelet/prober/prober_manager.go
package policies.serving["probes-ask-where-the-server-listens"]

import data.lib.kind
import data.lib.serving

findings contains {"path": path, "message": message} if {
	some c in serving.engines
	serving.alone(c)
	some probe in serving.probes(c)
	asked := serving.asked(c.container, probe.probe)
	asked > 0
	listens := serving.port(c)
	asked != listens
	path := array.concat(probe.path, ["httpGet", "port"])
	message := sprintf("asks port %v, the server listens at %v", [asked, listens])
}

# Knative gives the port a name of its own.
findings contains {"path": path, "message": message} if {
	not kind.of(input.object) in {"serving.knative.dev/Service", "serving.kserve.io/InferenceService"}
	some c in serving.engines
	some probe in serving.probes(c)
	name := probe.probe.httpGet.port
	is_string(name)
	regex.match(`[a-z]`, name)
	not serving.asked(c.container, probe.probe)
	path := array.concat(probe.path, ["httpGet", "port"])
	message := sprintf("asks the port %s, which the container does not have", [name])
}
