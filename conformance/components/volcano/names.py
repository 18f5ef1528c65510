"""Names of Volcano's own objects (installer/volcano-development.yaml of v1.14.1)."""

NAMESPACE = "volcano-system"
SCHEDULER_CONFIG = "volcano-scheduler-configmap"
SCHEDULER_KEY = "volcano-scheduler.conf"
JOB = "batch.volcano.sh/v1alpha1/Job"
QUEUE = "scheduling.volcano.sh/v1beta1/Queue"
