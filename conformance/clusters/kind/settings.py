"""What a person may decide about clusters of kind: each value, and where it came from."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import builds
from conformance.clusters.kind import engine, node_image
from conformance.clusters.kind.docker import HOST_VARIABLE, Docker
from conformance.errors import SeatrialError, UsageError
from conformance.kube.api import load

IMAGE_VARIABLE = "SEATRIAL_KIND_NODE_IMAGE"
PROGRAM_VARIABLE = "SEATRIAL_KIND"
PATCHES_VARIABLE = "SEATRIAL_KIND_PATCHES"
STOCK_IMAGE = ("kindest/node:v1.35.0"
               "@sha256:452d707d4862f52530247495d180205e029056831160e22870e37e3f6c1ac31f")
"""kind's own image of the Kubernetes that we build, as released with kind v0.31."""


@dataclass(frozen=True)
class Setting:
    """A value, and who chose it."""

    value: str
    source: str

    def __str__(self) -> str:
        return f"{self.value} ({self.source})"


def docker() -> tuple[Docker, str]:
    """Return the engine that clusters are made in, and who chose it."""
    if os.environ.get(HOST_VARIABLE):
        return Docker(os.environ[HOST_VARIABLE]), HOST_VARIABLE
    found = engine.chosen()
    return found, "our own" if found == engine.docker() else "the machine's"


def chosen_image(docker: Docker) -> Setting:
    """Return the node image: the one that was asked for, else ours where the engine has it, else kind's own."""
    if asked := os.environ.get(IMAGE_VARIABLE):
        return Setting(asked, IMAGE_VARIABLE)
    if docker.image(node_image.default_name()):
        return Setting(node_image.default_name(), "made by `seatrial kind image`")
    return Setting(STOCK_IMAGE, "default")


def program() -> Setting:
    """Return the path of kind: the one that was asked for, else that on PATH, else ours, built when it is missing.

    Raises UsageError when the one that was asked for is not there, SeatrialError when it cannot be built.
    """
    if asked := os.environ.get(PROGRAM_VARIABLE):
        if not shutil.which(asked):
            raise UsageError(f"{PROGRAM_VARIABLE} names {asked}, which is no program",
                             f"point it at kind, or unset {PROGRAM_VARIABLE}")
        return Setting(str(shutil.which(asked)), PROGRAM_VARIABLE)
    if found := shutil.which("kind"):
        return Setting(found, "PATH")
    return Setting(str(builds.build(["kind"])["kind"].path), "built from its module")


def patches() -> list[dict[str, Any]]:
    """Return the extra patches of kubeadm's configuration: the documents of a file. Raises UsageError."""
    asked = os.environ.get(PATCHES_VARIABLE)
    found = load(Path(asked)) if asked else []
    for number, patch in enumerate(found, 1):
        if not isinstance(patch, dict) or not patch.get("kind"):
            raise UsageError(f"{asked}: document {number} has no `kind`: nobody knows what it changes",
                             "for example kind: KubeletConfiguration, and then only the fields that change")
    return found


def ensure_image(docker: Docker, image: Setting) -> bool:
    """Pull a node image that the engine has not, unless we are offline; return whether it was pulled.

    Raises SeatrialError with the ways to get one.
    """
    if docker.image(image.value):
        return False
    way_out = f"seatrial kind image makes one from packages, {IMAGE_VARIABLE}=NAME names one that is there"
    if builds.offline():
        raise SeatrialError(f"the engine has no node image {image}, and offline nothing is pulled", way_out)
    try:
        docker.run("pull", "--quiet", image.value)
    except SeatrialError as error:
        raise SeatrialError(f"the node image {image} can neither be found nor pulled: {error.message}",
                            way_out) from error
    return True
