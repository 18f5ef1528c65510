"""The products of a platform: how each is installed, detected, dressed and broken."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from conformance import builds
from conformance.components.deployments import available, await_no_other
from conformance.kube.api import Api, Object
from conformance.waiting import eventually, patience

LoadImages = Callable[[dict[str, Path]], None]

CONFIGURED_BY = "seatrial.io/configured-by"
"""Annotation of a Deployment's pods: what was in the ConfigMaps that they mount, as a digest."""

# Node time is scarce on a laptop and plentiful on a cluster: upstream's requests would not fit together.
SMALL_CPU, SMALL_MEMORY = "20m", "64Mi"


@dataclass(frozen=True)
class Programs:
    """What a component is made of: the builds that its pods run, by container image."""

    images: tuple[str, ...]
    deployments: tuple[tuple[str, str], ...]
    """(namespace, name) of what must be available before it can be used."""


def install_programs(api: Api, programs: Programs, objects: Iterable[Object], load_images: LoadImages) -> None:
    """Apply a component's objects and return when its deployments are available, with the configuration of now."""
    objects = _started_anew([*objects])
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(lambda: load_images(builds.images(programs.images)))
        # What programs read at start is there before they are.
        api.apply_all(obj for obj in objects if obj["kind"] != "Deployment")
        api.apply_all(obj for obj in objects if obj["kind"] == "Deployment")
        loading.result()
    for namespace, name in programs.deployments:
        eventually(partial(available, api, namespace, name), becomes=True, within=2 * patience().ready,
                   because=f"Deployment {namespace}/{name} is available",
                   story=partial(api.pod_troubles, namespace))
        await_no_other(api, namespace, name)


def _started_anew(objects: Sequence[Object]) -> Sequence[Object]:
    """Let each Deployment's pods be other ones where a ConfigMap that they mount is: programs read them at start."""
    said = {obj["metadata"]["name"]: obj.get("data") for obj in objects if obj["kind"] == "ConfigMap"}
    for obj in objects:
        if obj["kind"] == "Deployment":
            template = obj["spec"]["template"]
            mounted = {name: said[name] for volume in template["spec"].get("volumes") or ()
                       if (name := volume.get("configMap", {}).get("name")) in said}
            if mounted:
                digest = hashlib.sha256(json.dumps(mounted, sort_keys=True).encode()).hexdigest()[:12]
                template["metadata"].setdefault("annotations", {})[CONFIGURED_BY] = digest
    return objects


def fit_small_node(deployment: Object, image: str) -> None:
    """Change a Deployment so that it runs from our image on a small node; everything else stays upstream's."""
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        container["image"] = image
        container["imagePullPolicy"] = "IfNotPresent"  # there is no registry to pull from
        container["resources"] = {"requests": {"cpu": SMALL_CPU, "memory": SMALL_MEMORY}}
        if "readinessProbe" in container:
            container["readinessProbe"] |= {"initialDelaySeconds": 0, "periodSeconds": 1}


def image_tag(deployment: Object) -> str:
    """Return the tag of a Deployment's first image: the version that runs."""
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"]).rpartition(":")[2]


def merged(base: Any, over: Any) -> Any:
    """Return `base` with `over` laid over it: mappings are merged, everything else is replaced."""
    if isinstance(base, dict) and hasattr(over, "items"):
        return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
    return plain(over)


def plain(value: Any) -> Any:
    """Return a value as built-in dictionaries and lists."""
    if hasattr(value, "items"):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value
