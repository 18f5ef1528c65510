# METADATA
# title: The queue is named in a label
# custom:
#   class: regretted
#   severity: error
#   kinds:
#     - pods
#     - trainer.kubeflow.org/TrainJob
#     - workload.codeflare.dev/AppWrapper
#   mentions: ['"annotations":']
#   remedy: move kueue.x-k8s.io/queue-name from the annotations to the labels
#   sources:
#     - kueue v0.19.2 pkg/controller/jobframework/utils.go (QueueNameForObject)
package policies.kueue["queue-is-named-in-a-label"]

import data.lib.kind
import data.lib.kueue

# Where Kueue looks for the label: on the object, on the jobs that a CronJob makes, and on pods.
_places contains ["metadata"]

_places contains ["spec", "jobTemplate", "metadata"] if kind.of(input.object) == "batch/CronJob"

_places contains ["spec", "template", "metadata"] if {
	is_object(kind.at(input.object, ["spec", "template"]))
}

findings contains {"path": array.concat(place, ["annotations", kueue.queue_label]), "message": message} if {
	not kueue.is_owned(input.object)
	some place in _places
	queue := kind.mapping(input.object, array.concat(place, ["annotations"]))[kueue.queue_label]
	not _is_labelled
	message := sprintf("names queue %v in an annotation, which Kueue does not read", [queue])
}

_is_labelled if {
	some place in _places
	kind.mapping(input.object, array.concat(place, ["labels"]))[kueue.queue_label]
}
