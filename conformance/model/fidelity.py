"""How real the ground is that a verdict stands on."""

from enum import IntEnum


class Fidelity(IntEnum):
    """Ordered: a behaviour that needs `NODE` can also be proved on `HARDWARE`."""

    STATIC = 0
    """Only the manifest is real."""
    CONTROL_PLANE = 1
    """API server, schedulers, controllers and webhooks are real; nodes are KWOK's."""
    NODE = 2
    """Also kubelet, containerd, probes, services and the device plugin API; not the GPU."""
    HARDWARE = 3
    """Everything is real."""

    @property
    def label(self) -> str:
        """The word used in reports, for example `control-plane`."""
        return self.name.lower().replace("_", "-")
