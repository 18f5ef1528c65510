"""Volcano: gangs, queues and network topology by a scheduler of its own.

Upstream: volcano.sh/volcano v1.14.1, `installer/volcano-development.yaml`.
"""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance import builds
from conformance.components import LoadImages, Programs, fit_small_node, image_tag, install_programs, plain
from conformance.components.volcano import live, queues
from conformance.components.volcano.dress import dress
from conformance.components.volcano.faults import FAULTS
from conformance.components.volcano.names import NAMESPACE, SCHEDULER_CONFIG, SCHEDULER_KEY
from conformance.components.volcano.rules import RULES
from conformance.errors import UsageError
from conformance.kube import schema as json_schema
from conformance.kube import yaml
from conformance.kube.api import Api, Object, load
from conformance.kube.pki import Authority
from conformance.model.component import Component
from conformance.model.feature import Feature
from conformance.model.folder import ComponentSpec
from conformance.model.role import Role

ADMISSION = "volcano-admission"
PROGRAMS = Programs(
    images=("vc-scheduler", "vc-controller-manager", "vc-webhook-manager"),
    deployments=((NAMESPACE, "volcano-scheduler"), (NAMESPACE, "volcano-controllers"), (NAMESPACE, ADMISSION)))
IMAGE_OF = {"volcano-scheduler": "vc-scheduler", "volcano-controllers": "vc-controller-manager",
            ADMISSION: "vc-webhook-manager"}
"""Container image (the name of our build) of each Deployment."""


def install(api: Api, spec: ComponentSpec, load_images: LoadImages) -> None:
    """Install Volcano with the platform's scheduler configuration."""
    install_programs(api, PROGRAMS, _patched(load(builds.rendered("volcano")), spec.settings), load_images)


def _patched(objects: list[Object], settings: Any) -> list[Object]:
    kept = []
    for obj in objects:
        if obj["kind"] == "Job":
            continue  # it makes the webhook's certificate with a shell and openssl; ours is below
        if obj["kind"] == "Deployment":
            pod = obj["spec"]["template"]["spec"]
            pod.get("securityContext", {}).pop("seLinuxOptions", None)
            for container in pod["containers"]:
                # Upstream's image starts through a shell; a static binary takes its arguments as they are.
                container["args"] = [arg for arg in container["args"] if arg != "2>&1"]
            fit_small_node(obj, builds.reference(IMAGE_OF[obj["metadata"]["name"]]))
        if obj["kind"] == "ConfigMap" and obj["metadata"]["name"] == SCHEDULER_CONFIG \
                and "scheduler_conf" in settings:
            said = plain(settings["scheduler_conf"])
            obj["data"] = {SCHEDULER_KEY: said if isinstance(said, str) else json.dumps(said)}
        kept.append(obj)
    kept.append(_certificate())
    return kept


def _certificate() -> Object:
    authority = Authority("volcano-admission")
    pair = authority.issue("volcano-admission", serves=[f"volcano-admission-service.{NAMESPACE}.svc"])
    data = {"ca.crt": authority.pair.certificate, "tls.crt": pair.certificate, "tls.key": pair.key}
    return {"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "volcano-admission-secret", "namespace": NAMESPACE},
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()}}


def detect(api: Api) -> str | None:
    """Return the image tag of the running scheduler, or None."""
    found = api.read("apps/v1/Deployment", "volcano-scheduler", NAMESPACE)
    return image_tag(found) if found else None


def check_settings(settings: Mapping[str, Any], where: Callable[..., str]) -> None:
    """Raise UsageError where a scheduler's configuration that is given as text is none."""
    text = settings.get("scheduler_conf")
    if isinstance(text, str):
        said = f"{where('scheduler_conf')} (scheduler_conf)"
        parsed = yaml.parse(text, said)
        if len(parsed) != 1:
            raise UsageError(f"{said}: must be one YAML document, is {len(parsed)}")
        schema = json.loads((Path(__file__).parent / "settings.schema.json").read_text(encoding="utf-8"))
        json_schema.check(parsed[0], {**schema["properties"]["scheduler_conf"], "type": "object"})


def settings_on(api: Api) -> Mapping[str, Any]:
    """Return the configuration of the scheduler that runs, where it is where upstream puts it."""
    found = api.read("v1/ConfigMap", SCHEDULER_CONFIG, NAMESPACE) or {}
    said = yaml.parse(found.get("data", {}).get(SCHEDULER_KEY, ""), f"ConfigMap {NAMESPACE}/{SCHEDULER_CONFIG}")
    return {"scheduler_conf": said[0].data} if said else {}


COMPONENT = Component(
    name="volcano",
    provides=frozenset({Feature.GANG_SCHEDULING, Feature.QUOTA, Feature.PREEMPTION, Feature.TOPOLOGY,
                        Feature.JOB_RESTART_POLICY, Feature.ADMISSION_RULES, Feature.BORROWING}),
    roles=frozenset({Role.QUEUE, Role.GANG_SCHEDULER, Role.TRAINING}),
    install=install, programs=PROGRAMS.images, detect=detect, dress=dress, faults=FAULTS, settings_on=settings_on,
    check_settings=check_settings, rules=RULES, version=builds.version("volcano"), queues=queues, live=live,
    watches=live.WATCHED, reads=live.READS,
    priority_kind="scheduling.k8s.io/v1/PriorityClass")
