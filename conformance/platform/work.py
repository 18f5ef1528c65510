"""Work that a behaviour submitted: its pods, and what is seen of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from conformance.errors import SeatrialError, Unsupported
from conformance.kube import timeline
from conformance.kube.api import Object, kind_of
from conformance.kube.timeline import Seen
from conformance.model.labels import EXIT_CODE, FAILED, FINISH, SUCCEEDED, WORKLOAD
from conformance.model.promise import Team
from conformance.model.workload import Workload
from conformance.waiting import Unmet, eventually, patience, preparing

if TYPE_CHECKING:
    from conformance.platform.live import Platform

POD = "v1/Pod"


@dataclass(frozen=True)
class Submitted:
    """A workload on the cluster. Its values are observables: `eventually` and `throughout` take them."""

    platform: Platform
    name: str
    team: Team
    workload: Workload
    objects: Sequence[Object] = field(repr=False)
    submitted_at: float = field(default_factory=time.monotonic, kw_only=True)
    """When it was dressed to be created, by `time.monotonic`: nothing of it was there before."""

    def _seen(self, value: Callable[[Sequence[Object]], Any], what: str) -> Seen[Any]:
        return self.platform.timeline.pods({WORKLOAD: self.name}, value,
                                           what=f"{self.team.name}'s {self.name}: {what}")

    @cached_property
    def phases(self) -> Any:
        """How many of its pods are in each phase: a Counter."""
        return self._seen(timeline.phases, "pods by phase")

    @cached_property
    def running(self) -> Any:
        """How many of its pods run."""
        return self._seen(lambda pods: timeline.phases(pods)["Running"], "running pods")

    @cached_property
    def gpus_held(self) -> Any:
        """GPUs of its pods that are bound to a node and have not finished."""
        return self._seen(timeline.gpus_held, "GPUs held")

    @cached_property
    def pods(self) -> Any:
        """How many pods it has."""
        return self._seen(timeline.count, "pods")

    @cached_property
    def uids(self) -> Any:
        """The uids of its pods: they change when a job starts again."""
        return self._seen(lambda pods: frozenset(pod["metadata"]["uid"] for pod in pods), "pod uids")

    @cached_property
    def nodes(self) -> Any:
        """Names of the nodes that hold its pods."""
        return self._seen(timeline.nodes, "nodes")

    def domains(self, level: str) -> Any:
        """Names of the racks or zones that hold its pods, as the nodes were made, whatever their labels say now."""
        return self._seen(timeline.domains(self.platform.domain_of_node(level)), f"{level}s")

    def pod_list(self) -> list[Object]:
        """Its pods as they are now."""
        return self.platform.api.list(POD, self.team.namespace, labels=f"{WORKLOAD}={self.name}")

    def await_running(self, *, within: float | None = None, because: str = "") -> Self:
        """Wait until all its pods run; by default as for pods that are scheduled, on a real node until they answer.

        Raises Unmet that names the team.
        """
        if within is None and (self.workload.on_real_node or self.platform.on_real_nodes):
            within = patience().ready  # programs are started there, by a machine that others may keep busy
        eventually(self.running, becomes=self.workload.pods, within=within, because=because)
        return self

    def await_answer(self) -> Self:
        """Wait until it holds a GPU, or a warning event about it or what was made for it says why it does not.

        What must not happen has had its chance then: a queue that is late to look at work has refused it nothing. Look
        at what happened meanwhile too: `throughout(..., since=work.submitted_at)`. Raises Unprepared, which names it,
        where nobody says anything.
        """
        with preparing(f"whoever queues {self.team.name}'s {self.name}"):
            eventually(lambda: self.gpus_held.now > 0 or self._is_refused(), becomes=True, within=patience().ready,
                       because=f"{self.name} holds a GPU, or an event says why it does not")
        return self

    def _is_refused(self) -> bool:
        return any(self.name in str(event["involvedObject"].get("name"))
                   for event in self.platform.api.events(self.team.namespace, warnings_only=True))

    def finish(self) -> None:
        """Let its pods on fake nodes succeed; those on real ones cannot be told to, they go."""
        if self.platform.on_real_nodes:
            self.delete()
            return
        for pod in self.pod_list():
            self._tell(pod, {FINISH: SUCCEEDED})

    def fail_one(self, ending: str = "", *, exit_code: int = 1) -> str:
        """Let one of its pods on a fake node fail, the first whose name ends so; return its name.

        Raises Unsupported where its nodes are real.
        """
        if self.platform.on_real_nodes:
            raise Unsupported(f"the pods of {self.name} are on real nodes: none of them fails on demand")
        pod = min((one for one in self.pod_list() if one["metadata"]["name"].endswith(ending)),
                  key=lambda one: str(one["metadata"]["name"]))
        self._tell(pod, {FINISH: FAILED, EXIT_CODE: str(exit_code)})
        return str(pod["metadata"]["name"])

    def _tell(self, pod: Object, annotations: dict[str, str]) -> None:
        self.platform.api.patch(POD, pod["metadata"]["name"], {"metadata": {"annotations": annotations}},
                                self.team.namespace)

    def delete(self) -> None:
        """Delete it and wait until its pods are gone and their GPUs are free. Raises SeatrialError when they stay."""
        self.ask_to_go()
        self.await_gone()

    def ask_to_go(self) -> None:
        """Ask for its deletion, and do not wait."""
        for obj in reversed(self.objects):
            if not self.platform.is_shared(obj):
                self.platform.api.delete(kind_of(obj), obj["metadata"]["name"], obj["metadata"].get("namespace"))

    def await_gone(self) -> None:
        """Wait until its pods are gone. Raises SeatrialError that names it."""
        try:
            eventually(lambda: [pod["metadata"]["name"] for pod in self.pod_list()], becomes=[],
                       within=patience().delete, because=f"the pods of {self.team.namespace}/{self.name} are gone")
        except Unmet as unmet:  # clean-up is ours, and what follows would be judged with their GPUs taken
            raise SeatrialError(f"clean-up: {unmet.cause}") from unmet
        self.platform.release(self.name)
