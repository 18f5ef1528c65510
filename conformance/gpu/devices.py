"""The fake devices of one node, as a file that the device plugin watches.

The file says, for each resource, which devices there are:
`{"resources": {"nvidia.com/gpu": {"devices": [{"id": "GPU-...", "healthy": true, "numa": 0}]}}}`.
It is always replaced as a whole, so a reader never sees half of it.
"""

import dataclasses
import json
import os
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance import locks
from conformance.errors import SeatrialError

NAMESPACE = uuid.UUID("6f3c4a34-0f1d-5b0e-9c55-5ea781a15ea7")

WRITTEN_WITHIN_S = 30
"""How long another process may hold the lock of a state file: it is written at once."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """One device as the kubelet sees it."""

    id: str
    healthy: bool = True
    numa: int = 0
    """NUMA node of the host that the device hangs on."""


State = dict[str, tuple[Device, ...]]
"""Devices by resource name, for example `nvidia.com/gpu`."""


def devices(model: str, count: int, node: str) -> tuple[Device, ...]:
    """Return `count` healthy devices of GPU `model`; the same node always has the same ids."""
    return tuple(Device(id=f"GPU-{uuid.uuid5(NAMESPACE, f'{node}/{model}/{index}')}")
                 for index in range(count))


def write_state(path: Path, state: Mapping[str, Sequence[Device]]) -> None:
    """Replace the state file at `path` in one step."""
    text = json.dumps({"resources": {
        resource: {"devices": [dataclasses.asdict(device) for device in present]}
        for resource, present in state.items()}}, indent=1)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
        new.write(text + "\n")
    os.chmod(new.name, 0o644)
    os.replace(new.name, path)


def read_state(path: Path) -> State:
    """Return what the state file at `path` says. Raises SeatrialError when it cannot be understood."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {resource: tuple(Device(**device) for device in body["devices"])
                for resource, body in said["resources"].items()}
    except OSError as error:
        raise SeatrialError(f"device state {path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SeatrialError(f"device state {path} is not understood: {error}",
                            "write it with conformance.gpu.devices.write_state") from error


def set_health(path: Path, device_id: str, healthy: bool) -> None:
    """Make one device healthy or unhealthy. Raises SeatrialError when no resource has that device."""
    with locks.held(Path(f"{path}.lock"), what=f"device state {path}", within=WRITTEN_WITHIN_S):
        state = read_state(path)
        if not any(device.id == device_id for present in state.values() for device in present):
            raise SeatrialError(f"device state {path} has no device {device_id}")
        write_state(path, {
            resource: [dataclasses.replace(device, healthy=healthy) if device.id == device_id else device
                       for device in present]
            for resource, present in state.items()})
