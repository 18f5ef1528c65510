# METADATA
# title: The port that a model server's container declares is the one at which it listens
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [containerPort]
#   looks_at: [words]
#   remedy: let containerPort and the server's --port agree
#   sources:
#     - kserve v0.20.0 pkg/controller/v1beta1/inferenceservice/reconcilers/service (target port)
#     - vllm vllm/entrypoints/openai/cli_args.py (port 8000)
package policies.serving["declared-ports-are-served"]

import data.lib.serving

findings contains {"path": path, "message": message} if {
	some c in serving.engines
	serving.alone(c)
	listens := serving.port(c)
	is_array(c.container.ports)
	declared := [p.containerPort | some p in c.container.ports; not _is_for_metrics(p)]
	count(declared) > 0
	not listens in declared
	path := array.concat(c.path, ["ports", _first(c.container.ports), "containerPort"])
	message := sprintf("declares port %v, the server listens at %v", [declared[0], listens])
}

_is_for_metrics(port) if {
	is_string(port.name)
	regex.match(`metric|prom`, port.name)
}

_first(ports) := min({i | some i, p in ports; not _is_for_metrics(p)})
