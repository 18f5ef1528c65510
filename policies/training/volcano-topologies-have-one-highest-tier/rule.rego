# METADATA
# title: A network topology names its highest tier once
# custom:
#   class: rejected
#   severity: error
#   kinds: [batch.volcano.sh/Job]
#   remedy: keep highestTierAllowed or highestTierName
#   upstream: 'must not specify ''highestTierAllowed'' and ''highestTierName'''
#   sources:
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/validate/admit_job.go (validateNetworkTopology)
package policies.training["volcano-topologies-have-one-highest-tier"]

import data.lib.kind

findings contains {"path": array.concat(path, ["highestTierName"]), "message": message} if {
	some path in _places
	topology := kind.mapping(input.object, path)
	is_number(topology.highestTierAllowed)
	is_string(topology.highestTierName)
	topology.highestTierName != ""
	message := sprintf("names the tier %v beside tier %v: which one is the limit?", [topology.highestTierName, topology.highestTierAllowed])
}

_places := array.concat(
	[["spec", "networkTopology"]],
	[["spec", "tasks", i, "partitionPolicy", "networkTopology"] | some i, _ in kind.items(input.object, ["spec", "tasks"])],
)
