"""The parts of a platform, whichever product plays them."""

from enum import StrEnum


class Role(StrEnum):
    """One word per part; a component plays one or several, and a behaviour may need a stack of them."""

    QUEUE = "queue"
    GANG_SCHEDULER = "gang scheduler"
    TRAINING = "training"
    MODEL_SERVER = "model server"
    SERVING = "serving"
    GATEWAY = "gateway"
    METRICS = "metrics"
    AUTOSCALER = "autoscaler"
    POLICY = "policy"
    GPU_LAYER = "gpu layer"
