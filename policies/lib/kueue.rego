# METADATA
# title: Queues of Kueue
package lib.kueue

import data.lib.kind
import data.lib.quantity
import data.lib.workload

queue_label := "kueue.x-k8s.io/queue-name"

# Kinds that Kueue admits as one workload each, at their full size.
job_kinds := {
	"batch/Job", "jobset.x-k8s.io/JobSet", "kubeflow.org/PyTorchJob", "kubeflow.org/TFJob", "kubeflow.org/MPIJob",
	"kubeflow.org/XGBoostJob", "kubeflow.org/JAXJob", "ray.io/RayJob", "ray.io/RayCluster",
}

# The cohort of a ClusterQueue, or "": v1beta1 calls the field cohort, v1beta2 cohortName.
cohort(queue) := object.get(queue, ["spec", "cohort"], "") if kind.version(queue) == "v1beta1"

cohort(queue) := object.get(queue, ["spec", "cohortName"], "") if kind.version(queue) != "v1beta1"

# The cohort that a Cohort is in, or "": the first versions called the field parent.
parent(cohort) := object.get(cohort, ["spec", "parentName"], object.get(cohort, ["spec", "parent"], ""))

# Every number of a ClusterQueue's or Cohort's quota: {"path", "flavor", "resource", "field", "value"}.
limits(queue) := {place |
	some g, group in kind.items(queue, ["spec", "resourceGroups"])
	some f, flavor in kind.items(group, ["flavors"])
	is_string(flavor.name)
	some r, resource in kind.items(flavor, ["resources"])
	is_string(resource.name)
	some field in ["nominalQuota", "borrowingLimit", "lendingLimit"]
	value := resource[field]
	value != null
	place := {
		"path": ["spec", "resourceGroups", g, "flavors", f, "resources", r, field],
		"flavor": flavor.name,
		"resource": resource.name,
		"field": field,
		"value": value,
	}
}

# What a quota says of one resource of one flavor, as a number; undefined where it says nothing, or two things.
limit(queue, flavor, resource, field) := number if {
	numbers := {n |
		some place in limits(queue)
		place.flavor == flavor
		place.resource == resource
		place.field == field
		n := quantity.number(place.value)
	}
	count(numbers) == 1
	some number in numbers
}

# Whether the owner of a queue never takes back by preemption what others have borrowed.
never_reclaims(queue) if object.get(queue, ["spec", "preemption", "reclaimWithinCohort"], "Never") == "Never"

# The LocalQueue that a workload names. An annotation of this name is read by nobody.
queue_name(o) := kind.labels(o)[queue_label]

# Whether other objects made it: it is then queued as a part of them.
is_owned(o) if count(kind.items(o, ["metadata", "ownerReferences"])) > 0

# Whether it may run at less than its full size, or change it: what it needs is then left open.
is_elastic(o) if kind.annotations(o)["kueue.x-k8s.io/job-min-parallelism"]

is_elastic(o) if is_object(o.spec.elasticPolicy)

is_elastic(o) if o.spec.enableInTreeAutoscaling == true

is_elastic(o) if o.spec.rayClusterSpec.enableInTreeAutoscaling == true

# The accelerators that a whole workload needs at once, by name.
demand(o) := {resource: needed |
	pods := [{"held": held, "number": _at_once(o, pod)} |
		some pod in workload.pods_of(o)
		held := workload.accelerators_of_pod(pod.spec)
		count(held) > 0
	]
	some resource in {name | some pod in pods; some name, _ in pod.held}
	needed := sum([n | some pod in pods; n := pod.number * object.get(pod.held, resource, 0)])
}

_at_once(o, pod) := min([pod.replicas, o.spec.completions]) if {
	kind.of(o) == "batch/Job"
	is_number(o.spec.completions)
} else := pod.replicas
