"""Names that appear on Kubernetes objects: labels, taints and annotations of ours and of others.

`conformance/clusters/stages.yaml` is read by KWOK and therefore spells the annotations out once more;
a test holds the two together.
"""

# Nodes
NODE_LABEL = "seatrial.io/node"
"""On every node of our clusters: `FAKE` or `REAL`."""
FAKE = "fake"
REAL = "real"
FAKE_TAINT = "seatrial.io/fake"
"""Key of the taint `seatrial.io/fake=true:NoSchedule`, which keeps system pods off fake nodes."""
KWOK_ANNOTATION = "kwok.x-k8s.io/node"
"""KWOK plays the kubelet of the nodes on which this is `FAKE`."""
NODE_FAILS = "seatrial.io/node-fails"
"""Annotation of a fake node: `true` makes it NotReady until the annotation goes."""

WORKLOAD = "seatrial.io/workload"
"""Label of every pod of a workload that a behaviour submitted: its name."""

MADE_UNDER = "seatrial.io/made-under"
"""Label of everything that is made on a cluster that is not ours: the prefix of its namespaces, without the dash."""

# Where a node stands
HOSTNAME_LABEL = "kubernetes.io/hostname"
ARCH_LABEL = "kubernetes.io/arch"
OS_LABEL = "kubernetes.io/os"
REGION_LABEL = "topology.kubernetes.io/region"
ZONE_LABEL = "topology.kubernetes.io/zone"
RACK_LABEL = "topology.seatrial.io/rack"

# What GPU Feature Discovery says about a node
GPU_RESOURCE = "nvidia.com/gpu"
GPU_PRODUCT = "nvidia.com/gpu.product"
GPU_COUNT = "nvidia.com/gpu.count"
GPU_MEMORY = "nvidia.com/gpu.memory"
"""MiB of one GPU."""
GPU_FAMILY = "nvidia.com/gpu.family"
GPU_COMPUTE_MAJOR = "nvidia.com/gpu.compute.major"
GPU_COMPUTE_MINOR = "nvidia.com/gpu.compute.minor"
GPU_PRESENT = "nvidia.com/gpu.present"
GPU_REPLICAS = "nvidia.com/gpu.replicas"
GPU_MODE = "nvidia.com/gpu.mode"
GPU_SHARING = "nvidia.com/gpu.sharing-strategy"
MIG_CAPABLE = "nvidia.com/mig.capable"
MIG_STRATEGY = "nvidia.com/mig.strategy"
MIG_CONFIG = "nvidia.com/mig.config"
"""The layout that MIG Manager is told to make."""

SIMULATED = "run.ai/simulated-gpu-node-pool"
"""On nodes whose GPUs the fake-gpu-operator plays."""

# What a test tells a pod on a fake node (annotations; they do nothing on a real node)
FINISH = "seatrial.io/finish"
"""`SUCCEEDED` or `FAILED`: the containers end. Until then the pod stays Running."""
SUCCEEDED = "succeeded"
FAILED = "failed"
EXIT_CODE = "seatrial.io/exit-code"
"""Exit code of a pod that fails; 1 when it is not given."""
REPORT = "seatrial.io/report"
"""Termination message of the containers."""
RUN_FOR = "seatrial.io/run-for"
"""Go duration, for example `500ms`: the pod succeeds by itself that long after it became Ready."""
START_AFTER = "seatrial.io/start-after"
"""Go duration: the pod stays Pending that long after it was bound."""
NEVER_READY = "seatrial.io/never-ready"
"""`true`: the pod runs and is not Ready. May be set and removed while the pod runs."""


def level_label(level: str) -> str:
    """Return the node label of a topology level in plain words: `zone`, `rack` or `hostname`."""
    return {"zone": ZONE_LABEL, "rack": RACK_LABEL, "hostname": HOSTNAME_LABEL}[level]
