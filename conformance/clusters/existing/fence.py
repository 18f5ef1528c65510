"""An API server behind a fence: what is written to it stays within what its owner allowed, and is marked as ours."""

import threading
import time

from conformance.clusters.existing.lock import Lock
from conformance.errors import Disabled, SeatrialError
from conformance.kube.api import Api, Object, kind_of
from conformance.model.labels import MADE_UNDER
from conformance.model.permit import Disturbance, Permit

NAMESPACE, NODE = "v1/Namespace", "v1/Node"


class Bounds:
    """What a run may still make: how long, how many pods, how many GPUs. Safe to share between threads."""

    def __init__(self, permit: Permit) -> None:
        self._permit = permit
        self._lock = threading.Lock()
        self._end = time.monotonic() + permit.max_seconds
        self._pods = self._gpus = 0
        self.lock: Lock | None = None
        """While it is lost nothing may be made, whatever the bounds say."""

    def check_time(self) -> None:
        """Raise Disabled when the time is over, SeatrialError when the cluster is no longer ours to use."""
        if self.lock and self.lock.lost:
            raise SeatrialError(self.lock.lost)
        if time.monotonic() > self._end:
            raise Disabled(f"the {self._permit.max_seconds} s of this run are over", "--max-seconds S")

    def take(self, pods: int, gpus: int) -> None:
        """Count work that is about to be submitted. Raises Disabled when it would be too much at once."""
        with self._lock:
            for what, asked, most, flag in (("GPUs", self._gpus + gpus, self._permit.max_gpus, "--max-gpus"),
                                            ("pods", self._pods + pods, self._permit.max_pods, "--max-pods")):
                if asked > most:
                    raise Disabled(f"its work would ask for {asked} {what} at once, and {flag} allows {most}",
                                   f"{flag} {asked} or more")
            self._pods, self._gpus = self._pods + pods, self._gpus + gpus

    def give_back(self, pods: int, gpus: int) -> None:
        """Count work that is gone."""
        with self._lock:
            self._pods, self._gpus = self._pods - pods, self._gpus - gpus


class FencedApi(Api):
    """One API server. What is made lies in namespaces with the prefix, or was named before, and bears our label."""

    permit: Permit
    bounds: Bounds

    def _made(self, obj: Object) -> Object:
        self.bounds.check_time()
        metadata = obj["metadata"]
        self._touch("make", kind_of(obj), str(metadata.get("name", "")), metadata.get("namespace"))
        labels = {**(metadata.get("labels") or {}), MADE_UNDER: self.permit.mark}
        return {**obj, "metadata": {**metadata, "labels": labels}}

    def _touch(self, verb: str, kind: str, name: str, namespace: str | None) -> None:
        word = kind.rpartition("/")[2]
        if kind == NAMESPACE or self.is_namespaced(kind):
            where = name if kind == NAMESPACE else namespace or "default"
            if not where.startswith(self.permit.prefix):
                raise SeatrialError(f"{word} {name}: it would {verb} something in namespace {where}, which does not "
                                    f"begin with {self.permit.prefix}")
        elif kind == NODE:
            if Disturbance.NODES not in self.permit.may_disturb:
                raise Disabled(f"it would {verb} node {name}", f"--may-disturb {Disturbance.NODES}")
        elif f"{word}/{name}" not in self.permit.cluster_objects:
            raise Disabled(f"it would {verb} {word} {name}, which lies in no namespace",
                           f"--cluster-object {word}/{name}")
