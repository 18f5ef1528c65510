"""What a platform may be able to do, whichever product does it."""

from enum import StrEnum


class Feature(StrEnum):
    """One word per ability; components provide them, behaviours need them."""

    GANG_SCHEDULING = "gang-scheduling"
    QUOTA = "quota"
    BORROWING = "borrowing"
    PREEMPTION = "preemption"
    LOWEST_FIRST = "lowest-priority-first"
    """Preemption takes the least urgent work of a whole queue, not of the node that suits best."""
    FAIR_SHARING = "fair-sharing"
    TOPOLOGY = "topology"
    QUEUE_ENFORCEMENT = "queue-enforcement"
    JOB_RESTART_POLICY = "job-restart-policy"
    PYTORCH_TRAINING = "pytorch-training"
    ELASTIC_TRAINING = "elastic-training"
    TRAINING_GANGS = "training-gangs"
    """Training jobs are handed to a gang scheduler, each as one group of pods."""
    ADMISSION_RULES = "admission-rules"
    POLICY_ENFORCEMENT = "policy-enforcement"
    """What a policy of Seatrial denies is refused at admission."""
    FAKE_GPU = "fake-gpu"
