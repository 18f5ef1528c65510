"""What a platform is asked for, one line each."""

REQUIREMENTS = {
    "gang_scheduling": "Pods of one group start together or not at all.",
    "quota": "A team gets the GPUs it was guaranteed, to the unit.",
    "borrowing": "Idle GPUs can be lent, up to a limit, and come back when their owner needs them.",
    "fair_sharing": "Teams that compete for spare GPUs get them in a fair order.",
    "preemption": "More important work takes GPUs from less important work, and from nobody else.",
    "topology": "A job that needs one topology domain gets one, or waits.",
    "queue_enforcement": "No workload gets GPUs past the queues.",
    "pytorch_training": "Distributed PyTorch training starts as one and survives a failed worker.",
    "elastic_training": "Training grows and shrinks between its bounds.",
    "admission_rules": "The API refuses what it says it refuses, and tells why.",
    "policies_at_admission": "What a policy denies does not enter, and whoever wrote it is told what to write instead.",
    "fake_gpu": "The GPU layer hands out every device once, and none that is unhealthy.",
}
"""Id and text of each requirement; a behaviour names the one it answers."""
