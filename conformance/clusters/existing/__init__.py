"""A cluster that is somebody's: a kubeconfig and what its owner allows.

Without a permit it is only read. With one, a run takes a Lease in its own namespace, so that it is the only one there,
works behind a fence, and removes by label what it made.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from conformance.clusters import diagnostics, services
from conformance.clusters.existing import rights
from conformance.clusters.existing.fence import Bounds, FencedApi
from conformance.clusters.existing.lock import Lock, await_free
from conformance.clusters.existing.sweep import NAMESPACE, blocked, sweep
from conformance.errors import SeatrialError, UsageError
from conformance.kube.api import Api, Object
from conformance.kube.names import letters
from conformance.model.address import Address
from conformance.model.fidelity import Fidelity
from conformance.model.labels import (
    GPU_PRESENT,
    GPU_RESOURCE,
    HOSTNAME_LABEL,
    KWOK_ANNOTATION,
    MADE_UNDER,
    NODE_LABEL,
    SIMULATED,
)
from conformance.model.permit import Permit
from conformance.model.workload import Placement
from conformance.waiting import Unmet, eventually, patience

Say = Callable[[str], None]

GPUS = (GPU_RESOURCE, "nvidia.com/mig-")
"""How the names of resources begin that are GPUs, shares of them or instances on them."""
NAME_LABEL = "kubernetes.io/metadata.name"
OUTAGE_S = 30
"""How long an API server that has answered may be away."""


def fidelity_of(node: Object) -> Fidelity:
    """Return how real a verdict is that stands on a node, as far as the node says."""
    labels, annotations = node["metadata"].get("labels") or {}, node["metadata"].get("annotations") or {}
    if KWOK_ANNOTATION in annotations:
        return Fidelity.CONTROL_PLANE
    pretends = NODE_LABEL in labels or SIMULATED in labels
    return Fidelity.HARDWARE if labels.get(GPU_PRESENT) == "true" and not pretends else Fidelity.NODE


def offers_gpus(node: Object) -> bool:
    """Whether a node has GPUs, or instances on one."""
    offered = (node.get("status") or {}).get("allocatable") or {}
    return any(name.startswith(GPUS) for name in offered) or \
        (node["metadata"].get("labels") or {}).get(GPU_PRESENT) == "true"


def selector(where: Placement) -> str:
    """Return the label selector of the nodes on which pods may run."""
    return ",".join(f"{key}={value}" for key, value in where.node_selector)


@dataclass(frozen=True)
class ExistingCluster:
    """The cluster behind a kubeconfig's context."""

    api: Api
    unfenced: Api
    """The same server without a fence: to clear up by label, and for faults that were allowed."""
    permit: Permit | None = None
    spaces: tuple[str, ...] = ()
    """The namespaces that the run uses."""
    bounds: Bounds | None = None
    lock: Lock | None = field(default=None, repr=False)
    kind: str = "existing"

    @property
    def name(self) -> str:
        """The API server's address."""
        return self.api.host

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig files that opened it."""
        return Path(self.api.kubeconfig)

    @property
    def placement(self) -> Placement:
        """Where our pods may run there."""
        return self.permit.placement if self.permit else Placement()

    @cached_property
    def fidelity(self) -> Fidelity:
        """What the nodes with GPUs say on which our pods may run: the least real of them."""
        return min((fidelity_of(node) for node in self.api.each("v1/Node", labels=self.node_labels)
                    if offers_gpus(node)), default=Fidelity.CONTROL_PLANE)

    @property
    def node_labels(self) -> str:
        """The label selector of the nodes on which our pods may run."""
        return selector(self.placement)

    def load_images(self, archives: Mapping[str, Path]) -> None:
        """Refuse: its nodes pull their own images. Raises SeatrialError."""
        raise SeatrialError(f"{', '.join(archives)} cannot be loaded into the nodes of {self.name}",
                            "install the components before the run")

    def describe(self) -> dict[str, str]:
        """Return what a report says about the ground."""
        return {"kind": self.kind, "name": self.name, "context": self.api.context, "fidelity": self.fidelity.label,
                "kubernetes": self.api.version()}

    def take(self, pods: int, gpus: int) -> None:
        """Count work that is about to be submitted. Raises Disabled when it would be too much at once."""
        if self.bounds:
            self.bounds.check_time()
            self.bounds.take(pods, gpus)

    def give_back(self, pods: int, gpus: int) -> None:
        """Count work that is gone."""
        if self.bounds:
            self.bounds.give_back(pods, gpus)

    @contextmanager
    def address_of(self, namespace: str, service: str, port: int) -> Iterator[Address]:
        """Yield an address of this machine that leads to a Service through the API server.

        Raises SeatrialError as for any cluster, and before anything is read where the account lacks a right for it.
        """
        rights.check_address(self.api, namespace)
        with services.forwarded(self.api, namespace, service, port) as address:
            yield address

    def collect(self, folder: Path) -> None:
        """Write what the API server says of the run's namespaces into a folder: the rest is nobody's business."""
        diagnostics.collect(folder, diagnostics.of_api(lambda: self.unfenced, folder, self.spaces))

    def close(self) -> None:
        """Remove what this run made, and give the Lease back. Raises SeatrialError that names what stays."""
        if self.permit is None or self.lock is None:
            return
        try:
            # Our namespace takes the Lease along; while it goes nobody else can begin in it.
            sweep(self.unfenced, self.permit.prefix, spaces=self.spaces)
        finally:
            self.lock.release()


def attach(kubeconfig: Path | None, context: str | None = None) -> ExistingCluster:
    """Return the cluster behind a kubeconfig's context, only to be read. Raises UsageError when there is none."""
    api = Api.open(kubeconfig, context, outage_s=OUTAGE_S)
    return ExistingCluster(api, api)


def enter(kubeconfig: Path | None, context: str | None, permit: Permit, *, components: Iterable[str],
          namespaces: Mapping[str, str | None], say: Say) -> ExistingCluster:
    """Return the cluster behind a kubeconfig's context, with a permit: no other run is there, ours may begin.

    `namespaces` are those that the run will use, each with the one that it stands for. Those that are not there are
    made, with the labels of those that they stand for; the others stay as they are. Raises SeatrialError that says
    which rights are missing, who is at work there, or what does not go away; then nothing of ours is there.
    """
    run = letters()
    bounds = Bounds(permit)
    api = FencedApi.open(kubeconfig, context, outage_s=OUTAGE_S)
    api.permit, api.bounds = permit, bounds
    say(f"context {api.context}: {api.host}, run {run}")
    rights.check(api, components, [*namespaces])
    _check_nodes(api, permit.placement)
    _await_terminating(api, [*namespaces])
    _ensure(api, permit.home, None)
    bounds.lock = lock = Lock(api, permit.home, run)
    lock.take()
    cluster = ExistingCluster(api, Api.open(kubeconfig, context, outage_s=OUTAGE_S), permit, (*namespaces,),
                              bounds, lock)
    try:
        for left in sweep(cluster.unfenced, permit.prefix, spaces=cluster.spaces, at_work_in=permit.home):
            say(f"removed what an earlier run left: {left}")
        for name, stands_for in namespaces.items():
            _ensure(api, name, stands_for)
    except BaseException:
        cluster.close()
        raise
    return cluster


def _check_nodes(api: Api, where: Placement) -> None:
    """Raise UsageError unless there are nodes for our pods, and either all of them are real or none is."""
    labels: dict[bool, list[set[str]]] = {True: [], False: []}
    for node in api.each("v1/Node", labels=selector(where)):
        if offers_gpus(node):
            said = node["metadata"].get("labels") or {}
            labels[fidelity_of(node) is Fidelity.CONTROL_PLANE].append(
                {f"{key}={value}" for key, value in said.items() if key != HOSTNAME_LABEL})
    fake, real = labels[True], labels[False]
    if not fake and not real:
        raise UsageError(f"no node of {api.host} with GPUs has the labels {selector(where) or '(any)'}",
                         "seatrial survey shows which there are")
    if fake and real:
        telling = (sorted(some[0].intersection(*some).difference(*others))
                   for some, others in ((fake, real), (real, fake)))
        examples = " or ".join(found[0] for found in telling if found)
        raise UsageError(f"of the nodes for our pods {len(real)} are real and {len(fake)} only play: what runs on both "
                         "of them at once proves nothing",
                         "say which with --node-selector KEY=VALUE" + (f", here {examples}" if examples else ""))


def clear(api: Api, prefix: str | None) -> list[str]:
    """Remove what runs left on a cluster, and return it in words.

    Raises SeatrialError that names what stays, or who is still at work there.
    """
    label = MADE_UNDER + (f"={prefix.removesuffix('-')}" if prefix else "")
    homes = {str(space["metadata"]["name"]) for space in api.each(NAMESPACE, labels=label)}
    for home in sorted(homes | ({Permit(prefix=prefix).home} if prefix else set())):
        await_free(api, home)
    return sweep(api, prefix)


def _ensure(api: Api, name: str, stands_for: str | None) -> None:
    """Make a namespace, unless it is there, with the labels of another one."""
    if api.read(NAMESPACE, name) is None:
        found = api.read(NAMESPACE, stands_for) if stands_for else None
        labels = {key: value for key, value in ((found or {}).get("metadata", {}).get("labels") or {}).items()
                  if key != NAME_LABEL}
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def _await_terminating(api: Api, namespaces: Sequence[str]) -> None:
    """Return when none of the namespaces is being deleted. Raises SeatrialError that says what keeps one."""
    def terminating() -> list[str]:
        found = (api.read(NAMESPACE, name) for name in namespaces)
        return [str(one["metadata"]["name"]) for one in found if one and one["metadata"].get("deletionTimestamp")]

    try:
        eventually(terminating, becomes=[], within=patience().delete)
    except Unmet:
        for name in terminating():
            why = blocked(api.read(NAMESPACE, name) or {"metadata": {}})
            raise SeatrialError(f"namespace {name} is being deleted and does not go: {why}",
                                "mend what blocks it, or take another --allow-changes PREFIX") from None
