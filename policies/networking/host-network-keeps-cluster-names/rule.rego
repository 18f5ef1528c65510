# METADATA
# title: 'A pod on the host''s network still finds the cluster''s names'
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [hostNetwork]
#   remedy: set dnsPolicy to ClusterFirstWithHostNet beside hostNetwork
#   fixable: true
#   sources:
#     - kubernetes core/v1 PodSpec.dnsPolicy
#     - volcano v1.14.1 pkg/webhooks/admission/jobs/mutate/mutate_job.go (mutateSpec sets it)
package policies.networking["host-network-keeps-cluster-names"]

import data.lib.kind
import data.lib.workload

findings contains {"path": path, "message": message, "fix": {"path": path, "value": "ClusterFirstWithHostNet"}} if {
	some pod in workload.pods
	pod.spec.hostNetwork == true
	said := object.get(pod.spec, "dnsPolicy", null)
	said in {null, "", "ClusterFirst"}
	not _volcano_sets_it(said)
	some c in workload.gpu_containers
	c.pod.path == pod.path
	path := array.concat(pod.path, ["dnsPolicy"])
	message := "is on the host's network and asks the host's name servers, which know no service of the cluster"
}

_volcano_sets_it(said) if {
	kind.of(input.object) == "batch.volcano.sh/Job"
	said != "ClusterFirst"
}
