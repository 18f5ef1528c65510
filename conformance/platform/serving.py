"""A model that a behaviour serves: its replicas, and what its callers see of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from conformance import builds
from conformance.errors import SeatrialError
from conformance.kube.api import Object, is_true, kind_of
from conformance.kube.timeline import POD, Seen
from conformance.model.labels import GPU_RESOURCE, NODE_LABEL, REAL, WORKLOAD
from conformance.model.promise import Team
from conformance.model.served import Probe, Served
from conformance.platform.asking import Requests
from conformance.waiting import Unmet, eventually, patience

if TYPE_CHECKING:
    from conformance.platform.live import Platform

STAND_IN = "model-server"
"""The build that stands in for a model server: it speaks its API, and has no model."""
DEPLOYMENT = "apps/v1/Deployment"
REVISION = "pod-template-hash"


@dataclass(frozen=True)
class Serving:
    """A served model on the cluster. Its values are observables: `eventually` and `throughout` take them."""

    platform: Platform
    name: str
    team: Team
    served: Served
    objects: Sequence[Object] = field(repr=False)

    @cached_property
    def ready(self) -> Seen[int]:
        """How many of its replicas are ready, by their own probes."""
        return self.platform.timeline.pods({WORKLOAD: self.name}, _ready, what=f"{self.name}: ready replicas")

    @cached_property
    def restarts(self) -> Seen[int]:
        """How often containers of its replicas were started again."""
        return self.platform.timeline.pods({WORKLOAD: self.name}, _restarts, what=f"{self.name}: restarts")

    def await_ready(self) -> None:
        """Wait until all its replicas are ready. Raises Unmet."""
        eventually(self.ready, becomes=self.served.replicas, within=self.served.load_s + patience().ready,
                   story=partial(self.platform.api.pod_troubles, self.team.namespace))

    def scale(self, replicas: int) -> None:
        """Ask for another number of replicas, and do not wait."""
        self.platform.api.patch(DEPLOYMENT, self.name, {"spec": {"replicas": replicas}}, self.team.namespace)

    @contextmanager
    def asked(self) -> Iterator[Requests]:
        """Ask it, one small request after the other, while the body runs; some replica must be ready.

        Raises SeatrialError where its address cannot be reached.
        """
        with self.platform.cluster.address_of(self.team.namespace, self.name, self.served.port) as address, \
                Requests(address, self.served.model, self.name) as requests:
            yield requests

    def ask_to_go(self) -> None:
        """Ask for its deletion, and do not wait."""
        for obj in reversed(self.objects):
            self.platform.api.delete(kind_of(obj), obj["metadata"]["name"], obj["metadata"]["namespace"])

    def await_gone(self) -> None:
        """Wait until its pods are gone. Raises SeatrialError that names it."""
        try:
            eventually(lambda: [pod["metadata"]["name"] for pod in self.platform.api.list(
                POD, self.team.namespace, labels=f"{WORKLOAD}={self.name}")], becomes=[], within=patience().delete,
                because=f"the pods of {self.team.namespace}/{self.name} are gone")
        except Unmet as unmet:  # clean-up is ours, and what follows would be judged with their GPUs taken
            raise SeatrialError(f"clean-up: {unmet.cause}") from unmet


def _ready(pods: Sequence[Object]) -> int:
    return sum(is_true(pod, "Ready") and not pod["metadata"].get("deletionTimestamp") for pod in pods)


def _restarts(pods: Sequence[Object]) -> int:
    return sum(status["restartCount"] for pod in pods
               for status in pod.get("status", {}).get("containerStatuses") or ())


def plain(served: Served, team: Team, name: str) -> list[Object]:
    """Return a Deployment and a Service: nothing but Kubernetes serves the model. On real nodes of ours."""
    labels = {WORKLOAD: name}
    container: Object = {
        "name": "server", "image": served.image or builds.reference(STAND_IN), "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": served.port}],
        "env": [{"name": "REVISION", "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{REVISION}']"}}}],
        "resources": {"requests": {"cpu": "10m"}},
        **_probe("readinessProbe", served.readiness), **_probe("livenessProbe", served.liveness),
    }
    if served.gpus_per_replica:
        container["resources"]["limits"] = {GPU_RESOURCE: str(served.gpus_per_replica)}
    if served.command:
        container["command"] = [*served.command]
    elif not served.image:
        container["args"] = [f"--model={served.model}", f"--port={served.port}", f"--load={served.load_s}s"]
    meta = {"name": name, "namespace": team.namespace, "labels": labels}
    pod = {"metadata": {"labels": labels}, "spec": {
        "containers": [container], "nodeSelector": {NODE_LABEL: REAL}, "terminationGracePeriodSeconds": 5}}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {
            "replicas": served.replicas, "selector": {"matchLabels": labels}, "template": pod}},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {
            "selector": labels, "ports": [{"name": "http", "port": served.port, "targetPort": "http"}]}},
    ]


def _probe(name: str, probe: Probe | None) -> dict[str, Any]:
    return {name: {"httpGet": {"path": probe.path, "port": "http"}, "periodSeconds": probe.period_s,
                   "failureThreshold": probe.failures}} if probe else {}
