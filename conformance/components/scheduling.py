"""Words of queues and schedulers that jobs of other components speak too."""

QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
"""On a job of any kind that Kueue is to admit: the name of its LocalQueue."""
POD_GROUP = "scheduling.volcano.sh/v1beta1/PodGroup"
"""What Volcano takes for one gang, whoever made it."""
VOLCANO = "volcano"
"""The name of Volcano's scheduler, and what `platform.yaml` calls the component."""
