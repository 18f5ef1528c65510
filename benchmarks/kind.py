"""How fast a cluster of kind comes up and takes images, beside plain kind on the same engine.

    python benchmarks/kind.py [REPEAT]

Plain kind: `kind create cluster` and a wait for the system's pods, then one `kind load image-archive` after the other.
Prints seconds and ours over plain kind's. Needs what `seatrial doctor --cluster kind` asks for.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance import builds
from conformance.clusters import kind
from conformance.clusters.kind import settings
from conformance.clusters.machine import cgroups
from conformance.errors import SeatrialError
from conformance.kube.api import Api, is_true
from conformance.waiting import eventually

OURS, PLAIN = "bench-ours", "bench-plain"
IMAGES = ("kueue", "training-operator", "vc-scheduler", "vc-controller-manager", "vc-webhook-manager", "gatekeeper",
          "kwok", "coredns")
ALSO = ("opa", "gator")
"""Programs that are packed only to have ten."""


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    start = time.monotonic()
    action()
    return time.monotonic() - start


def all_pods_are_ready(api: Api) -> bool:
    """Whether the system has all its pods and each is Ready."""
    found = api.list("v1/Pod", "kube-system")
    return len(found) >= 8 and all(is_true(pod, "Ready") for pod in found)


def plain_kind(folder: Path, *words: str) -> None:
    """Run kind as anybody would."""
    environment = settings.docker()[0].environment | {"KUBECONFIG": str(folder / "kubeconfig")}
    subprocess.run([settings.program().value, *words], env=environment, check=True, capture_output=True)


def plain_create(folder: Path) -> None:
    """Create a cluster and wait for the system's pods."""
    docker, _ = settings.docker()
    told = folder / "kind.json"
    patch = {"kind": "KubeletConfiguration", "failCgroupV1": False}
    told.write_text(json.dumps({
        "kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [{"role": "control-plane", "image": settings.chosen_image(docker).value}],
        "kubeadmConfigPatches": [] if cgroups.is_v2() else [json.dumps(patch)]}))
    plain_kind(folder, "create", "cluster", "--name", PLAIN, "--config", str(told))
    api = Api.open(folder / "kubeconfig")
    eventually(partial(all_pods_are_ready, api), becomes=True, within=300, because="the system's pods are Ready")


def load_one_by_one(folder: Path, archives: Iterable[Path]) -> None:
    """Load images as kind alone does."""
    for archive in archives:
        plain_kind(folder, "load", "image-archive", str(archive), "--name", PLAIN)


def once(archives: dict[str, Path]) -> tuple[float, float, float, float]:
    """Return seconds: plain create, our create, images one after the other, images side by side."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        try:
            plain = seconds(lambda: plain_create(folder))
            serial = seconds(partial(load_one_by_one, folder, archives.values()))
        finally:
            with suppress(subprocess.CalledProcessError, SeatrialError):
                plain_kind(folder, "delete", "cluster", "--name", PLAIN)
    up: list[kind.KindCluster] = []
    try:
        ours = seconds(lambda: up.append(kind.up(OURS, owned=True)))
        parallel = seconds(lambda: up[0].load_images(archives))
    finally:
        kind.down(OURS)
    return plain, ours, serial, parallel


def main(repeat: int) -> None:
    """Measure and print."""
    archives = builds.images(IMAGES)
    archives |= {name: builds.packed(name, f"seatrial.local/{name}:1", f"/{name}") for name in ALSO}
    size_mb = sum(path.stat().st_size for path in archives.values()) / 1e6
    found = [once(archives) for _ in range(repeat)]
    plain, ours, serial, parallel = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"{repeat} x, median; {len(archives)} images, {size_mb:.0f} MB")
    print(f"create until the system is Ready   plain kind {plain:6.1f} s   ours {ours:6.1f} s   "
          f"ratio {ours / plain:.2f}")
    print(f"{len(archives)} images   one after the other {serial:6.1f} s   ours {parallel:6.1f} s   "
          f"ratio {parallel / serial:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
