"""Kueue: admission by quota, borrowing, preemption and topology.

Upstream: sigs.k8s.io/kueue v0.19.2, `config/default`.
"""

import json
from collections.abc import Mapping
from typing import Any

from conformance import builds
from conformance.components import LoadImages, Programs, fit_small_node, image_tag, install_programs, merged
from conformance.components.kueue import live, queues
from conformance.components.kueue.dress import dress
from conformance.components.kueue.faults import FAULTS
from conformance.components.kueue.live import settings_on
from conformance.components.kueue.names import CONFIG_KEY, DEPLOYMENT, NAMESPACE
from conformance.components.kueue.rules import RULES
from conformance.kube.api import Api, Object, load
from conformance.model.component import Component
from conformance.model.feature import Feature
from conformance.model.folder import ComponentSpec
from conformance.model.role import Role

PROGRAMS = Programs(images=("kueue",), deployments=((NAMESPACE, DEPLOYMENT),))

# What upstream ships, with integrations limited to kinds that exist here and a client that does not queue.
CONFIGURATION: dict[str, Any] = {
    "apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration", "namespace": NAMESPACE,
    "health": {"healthProbeBindAddress": ":8081"}, "metrics": {"bindAddress": ":8443"},
    "webhook": {"port": 9443}, "leaderElection": {"leaderElect": False},
    "controller": {"groupKindConcurrency": {
        "Job.batch": 5, "Pod": 5, "Workload.kueue.x-k8s.io": 10, "LocalQueue.kueue.x-k8s.io": 5,
        "ClusterQueue.kueue.x-k8s.io": 5, "ResourceFlavor.kueue.x-k8s.io": 1, "Cohort.kueue.x-k8s.io": 1}},
    "clientConnection": {"qps": 300, "burst": 500},
    "integrations": {"frameworks": ["batch/job"]},
}


def install(api: Api, spec: ComponentSpec, load_images: LoadImages) -> None:
    """Install Kueue with the platform's settings laid over the configuration above."""
    configuration = merged(CONFIGURATION, spec.settings)
    install_programs(api, PROGRAMS, _patched(load(builds.rendered("kueue")), configuration), load_images)


def _patched(objects: list[Object], configuration: dict[str, Any]) -> list[Object]:
    for obj in objects:
        match obj["kind"]:
            case "Deployment":
                fit_small_node(obj, builds.reference("kueue"))
            case "ConfigMap":
                obj["data"] = {CONFIG_KEY: json.dumps(configuration)}
    return objects


def detect(api: Api) -> str | None:
    """Return the image tag of the running Kueue, or None."""
    found = api.read("apps/v1/Deployment", DEPLOYMENT, NAMESPACE)
    return image_tag(found) if found else None


def adds(settings: Mapping[str, Any]) -> frozenset[Feature]:
    """Return fair sharing where the configuration asks for it: by `enable` in v1beta1, by being there since v1beta2."""
    sharing = settings.get("fairSharing")
    off_by_default = str(settings.get("apiVersion", "")).endswith("/v1beta1")
    fair = sharing is not None and sharing.get("enable", not off_by_default)
    return frozenset({Feature.FAIR_SHARING}) if fair else frozenset()


COMPONENT = Component(
    name="kueue",
    provides=frozenset({Feature.QUOTA, Feature.BORROWING, Feature.PREEMPTION, Feature.LOWEST_FIRST,
                        Feature.TOPOLOGY, Feature.QUEUE_ENFORCEMENT, Feature.GANG_SCHEDULING,
                        Feature.ADMISSION_RULES}),
    roles=frozenset({Role.QUEUE, Role.GANG_SCHEDULER}), install=install, programs=(*PROGRAMS.images, "kubectl"),
    detect=detect, dress=dress, faults=FAULTS, settings_on=settings_on, adds=adds,
    added_by=((Feature.FAIR_SHARING, "its setting fairSharing"),), rules=RULES, version=builds.version("kueue"),
    queues=queues, live=live, watches=live.WATCHED, reads=live.READS,
    priority_kind="kueue.x-k8s.io/v1beta2/WorkloadPriorityClass")
