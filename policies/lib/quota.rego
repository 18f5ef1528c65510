# METADATA
# title: How much the queue behind a workload can ever have
package lib.quota

import data.lib.kind
import data.lib.kueue
import data.lib.objects
import data.lib.quantity

# The ClusterQueues of each name; two that are alike are one.
_cluster_queues[name] contains found.object if {
	some found in objects.of_kind["kueue.x-k8s.io/ClusterQueue"]
	name := kind.name(found.object)
}

# Names of the LocalQueues of each namespace.
local_queues[namespace] contains kind.name(found.object) if {
	some found in objects.of_kind["kueue.x-k8s.io/LocalQueue"]
	namespace := kind.namespace(found.object)
}

# The same for a message.
local_queues_listed[namespace] := objects.listed(names) if some namespace, names in local_queues

# The names of ClusterQueues that the LocalQueues of one namespace and name lead to.
_leads_to[key] contains local.object.spec.clusterQueue if {
	some local in objects.of_kind["kueue.x-k8s.io/LocalQueue"]
	namespace := kind.namespace(local.object)
	name := kind.name(local.object)
	key := [namespace, name]
}

# The name of the one ClusterQueue behind a LocalQueue, by its namespace and name: two of one name leave it open.
_behind[key] := name if {
	some key, names in _leads_to
	present := [name | some name in names; some _ in _cluster_queues[name]]
	count(present) == 1
	name := present[0]
}

# The name of the ClusterQueue behind the queue that a workload names; undefined where the input has none, or several.
cluster_queue(o) := _behind[[kind.namespace(o), kueue.queue_name(o)]]

# How much of a resource a ClusterQueue can ever have, by its name and the resource: all flavors together, each with what
# it may borrow. What may be borrowed without a bound, or is written twice with two numbers, is not there.
most[key] := sum(each) if {
	some key, flavors in _flavors
	each := [n |
		some flavor in flavors
		n := _limit(key, flavor, "nominalQuota") + _borrows(key, flavor)
	]
	count(each) == count(flavors)
}

_borrows(key, _) := 0 if not key[0] in _in_a_cohort

_borrows(key, flavor) := _limit(key, flavor, "borrowingLimit") if key[0] in _in_a_cohort

_limit(key, flavor, field) := n if {
	numbers := _numbers[[key[0], key[1], flavor, field]]
	count(numbers) == 1
	some n in numbers
}

_in_a_cohort contains name if {
	some name, queues in _cluster_queues
	some queue in queues
	kueue.cohort(queue) != ""
}

# The flavors of a resource, by ClusterQueue and resource.
_flavors[key] contains place.flavor if {
	some name, queues in _cluster_queues
	some queue in queues
	some place in kueue.limits(queue)
	key := [name, place.resource]
}

_numbers[key] contains n if {
	some name, queues in _cluster_queues
	some queue in queues
	some place in kueue.limits(queue)
	n := quantity.number(place.value)
	key := [name, place.resource, place.flavor, place.field]
}
