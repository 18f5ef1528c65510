"""Kubeflow Training Operator: PyTorchJobs and their rendezvous.

Upstream: github.com/kubeflow/training-operator v1.9.4, `manifests/overlays/standalone`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from conformance import builds
from conformance.components import LoadImages, Programs, fit_small_node, image_tag, install_programs, webhooks
from conformance.components.pods import IMAGE
from conformance.components.scheduling import POD_GROUP, VOLCANO
from conformance.components.training_operator.dress import dress
from conformance.components.training_operator.faults import FAULTS, PROBE
from conformance.components.training_operator.names import DEPLOYMENT, GANGS, INIT_IMAGE, NAMESPACE
from conformance.components.training_operator.rules import RULES
from conformance.kube.api import Api, Object, load
from conformance.model.component import Component
from conformance.model.feature import Feature
from conformance.model.folder import ComponentSpec
from conformance.model.role import Role
from conformance.waiting import eventually, patience

PROGRAMS = Programs(images=("training-operator",), deployments=((NAMESPACE, DEPLOYMENT),))


def install(api: Api, spec: ComponentSpec, load_images: LoadImages) -> None:
    """Install the operator with the platform's arguments."""
    if adds(spec.settings):
        # It looks once, when it starts, and ends where they are not known.
        eventually(partial(api.serves, POD_GROUP), becomes=True, within=patience().ready,
                   because="the API server knows PodGroups")
    install_programs(api, PROGRAMS, _patched(load(builds.rendered("training-operator")), spec.settings),
                     load_images)
    webhooks.await_answer(api, PROBE)


def adds(settings: Mapping[str, Any]) -> frozenset[Feature]:
    """Return what the operator's flags add to what it provides."""
    return frozenset({Feature.TRAINING_GANGS} if f"{GANGS}={VOLCANO}" in settings.get("args", ()) else ())


# Upstream's looks the name up with nslookup, which fails in busybox where there are several search domains.
WAIT_FOR_MASTER = """\
- name: wait-for-master
  image: {{.InitContainerImage}}
  imagePullPolicy: IfNotPresent
  resources: {requests: {cpu: 10m}}
  command:
    - sh
    - -c
    - for i in $(seq {{.MaxTries}}); do ping -c 1 -W 1 {{.MasterAddr}} && exit 0; sleep 1; done; exit 1
"""
WAITS_IN = f"{INIT_IMAGE}={IMAGE}"
"""The argument that is ours."""
WAITING = "wait-for-master"
"""Name of the ConfigMap with the above."""


def _patched(objects: list[Object], settings: Any) -> list[Object]:
    for obj in objects:
        if obj["kind"] == "Deployment":
            fit_small_node(obj, builds.reference("training-operator"))
            obj["spec"]["template"]["spec"]["containers"][0]["args"] = [
                # Workers wait for their master's name in this image: upstream's alpine cannot be pulled here.
                WAITS_IN, *map(str, settings.get("args", ()))]
            _mount(obj["spec"]["template"]["spec"])
    return [*objects, {"apiVersion": "v1", "kind": "ConfigMap",
                       "metadata": {"name": WAITING, "namespace": NAMESPACE},
                       "data": {"initContainer.yaml": WAIT_FOR_MASTER}}]


def _mount(pod: Object) -> None:
    """Put the ConfigMap where the operator looks for the init container of workers."""
    pod["volumes"].append({"name": WAITING, "configMap": {"name": WAITING}})
    pod["containers"][0]["volumeMounts"].append({"name": WAITING, "mountPath": "/etc/config", "readOnly": True})


def detect(api: Api) -> str | None:
    """Return the image tag of the running operator, or None."""
    found = api.read("apps/v1/Deployment", DEPLOYMENT, NAMESPACE)
    return image_tag(found) if found else None


def settings_on(api: Api) -> Mapping[str, Any]:
    """Return the arguments of the operator that runs, without the one that is ours."""
    found = api.read("apps/v1/Deployment", DEPLOYMENT, NAMESPACE)
    said = found["spec"]["template"]["spec"]["containers"][0].get("args") or [] if found else []
    return {"args": [arg for arg in said if arg != WAITS_IN]} if found else {}


COMPONENT = Component(
    name="training-operator",
    provides=frozenset({Feature.PYTORCH_TRAINING, Feature.ELASTIC_TRAINING, Feature.ADMISSION_RULES}),
    roles=frozenset({Role.TRAINING}), install=install, programs=(*PROGRAMS.images, "kubectl"),
    detect=detect, dress=dress, faults=FAULTS, adds=adds, settings_on=settings_on,
    rules=RULES, version=builds.version("training-operator"),
    added_by=((Feature.TRAINING_GANGS, f"its argument {GANGS}={VOLCANO}"),))
