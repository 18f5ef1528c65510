# METADATA
# title: A LocalQueue leads to a ClusterQueue that exists
# custom:
#   class: regretted
#   severity: warning
#   kinds: [kueue.x-k8s.io/LocalQueue, kueue.x-k8s.io/ClusterQueue]
#   remedy: name one of the ClusterQueues, or add the missing one
#   across: true
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta2/localqueue_types.go (clusterQueue)
package policies.kueue["local-queues-lead-to-a-cluster-queue"]

import data.lib.kind
import data.lib.objects

_queues := {kind.name(found.object) | some found in objects.of_kind["kueue.x-k8s.io/ClusterQueue"]}

_there_are := objects.listed(_queues)

# An input without a single ClusterQueue is only a part of the platform.
findings contains {"object": queue.index, "path": ["spec", "clusterQueue"], "message": message} if {
	count(_queues) > 0
	some queue in objects.of_kind["kueue.x-k8s.io/LocalQueue"]
	named := queue.object.spec.clusterQueue
	not named in _queues
	message := sprintf("there is no ClusterQueue %s; there are %s", [named, _there_are])
}
