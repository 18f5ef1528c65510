"""What a behaviour holds while it runs: the cluster, the platform on it, and the work it submits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Self

from conformance import builds, catalog, waiting
from conformance.clusters import Cluster, FakeGpus, Lent, fake_nodes
from conformance.errors import SeatrialError, Unsupported
from conformance.folder import promises
from conformance.kube.api import Api, Object, Overloaded, Unreachable, kind_of
from conformance.kube.names import unique
from conformance.kube.timeline import Timeline
from conformance.model import labels
from conformance.model.behaviour import Behaviour
from conformance.model.component import Component
from conformance.model.fidelity import Fidelity
from conformance.model.folder import PlatformFolder
from conformance.model.permit import Permit
from conformance.model.promise import Team
from conformance.model.served import Served
from conformance.model.workload import Workload
from conformance.platform import on_existing, serving
from conformance.platform.serving import Serving
from conformance.platform.work import POD, Submitted
from conformance.waiting import eventually, patience

HOME = "seatrial-system"
"""Where pods live on clusters of ours that belong to no team; platforms keep their queues out of it."""


class Platform:
    """A platform for the length of one behaviour; what was submitted through it goes with it."""

    def __init__(self, cluster: Cluster, api: Api, folder: PlatformFolder, component: Component, team: Team | None,
                 recorded: Timeline) -> None:
        self.cluster = cluster
        self.api = api
        self.folder = folder
        self.component = component
        self.timeline = recorded
        self.teams = promises.promised(folder).teams
        self.team = on_existing.served(folder, component, team)
        self._submitted: list[Submitted | Serving] = []
        self._claims: dict[str, tuple[int, int]] = {}
        self._later = ExitStack()

    @classmethod
    @contextmanager
    def open(cls, cluster: Cluster, folder: PlatformFolder, *, behaviour: Behaviour, component: Component,
             team: Team | None) -> Iterator[Self]:
        """Yield the platform, watched from the start; on exit everything it submitted is gone.

        Raises SeatrialError when something stays, Unsupported when others use what the behaviour needs to itself.
        """
        permit = cluster.permit if isinstance(cluster, Lent) else None
        api = cluster.api if permit else Api.open(cluster.kubeconfig)
        namespaces = sorted({one.namespace for one in promises.promised(folder).teams})
        with _undisturbed(api, folder, behaviour, component, team) if permit else nullcontext(), \
                _watched(api, folder, namespaces, permit) as recorded:
            platform = cls(cluster, api, folder, component, team, recorded)
            waiting.begin()
            try:
                yield platform
            finally:
                platform.clear()

    def submit(self, workload: Workload, *, team: Team | None = None, named: str = "work",
               change: Callable[[Object], None] | None = None) -> Submitted:
        """Submit a workload for a team (default: the behaviour's), dressed for the behaviour's component.

        `change` edits the dressed job before it is created. Raises Refused when the API server says no.
        """
        whose = team or self.served_team
        name = unique(named)
        workload = self.placed(workload)
        submitted = Submitted(self, name, whose, workload, self.component.dress(workload, whose, name))
        if change:
            change(submitted.objects[-1])
        self.claim(name, workload.pods, workload.gpus)
        self._submitted.append(submitted)
        for obj in submitted.objects:
            if not self.is_shared(obj) or self.api.read(kind_of(obj), obj["metadata"]["name"]) is None:
                self.api.create(obj)
        return submitted

    def serve(self, served: Served, *, team: Team | None = None, named: str = "model") -> Serving:
        """Serve a model for a team (default: the behaviour's), by a plain Deployment and Service on real nodes.

        Where it names no image of its own, a stand-in takes the place of its server. Raises Refused when the API server
        says no, Unsupported on a cluster that is not ours: its nodes have no stand-in.
        """
        if isinstance(self.cluster, Lent):
            raise Unsupported(f"the nodes of {self.cluster.name} are not ours: no stand-in for a model server is there")
        whose = team or self.served_team
        if not served.image:
            self.cluster.load_images(builds.images([serving.STAND_IN]))
        name = unique(named)
        found = Serving(self, name, whose, served, serving.plain(served, whose, name))
        self._submitted.append(found)
        for obj in found.objects:
            self.api.create(obj)
        return found

    # -- on a cluster that is not ours ------------------------------------------------------------

    @property
    def _permit(self) -> Permit | None:
        return self.cluster.permit if isinstance(self.cluster, Lent) else None

    @property
    def on_real_nodes(self) -> bool:
        """Whether all nodes are real on which its pods may run."""
        return self._permit is not None and self.cluster.fidelity > Fidelity.CONTROL_PLANE

    @property
    def home(self) -> str:
        """The namespace of what belongs to no team."""
        return self._permit.home if self._permit else HOME

    @property
    def nobody(self) -> Team:
        """Somebody without a queue: pods ask the node itself."""
        return Team(name="nobody", namespace=self._permit.home if self._permit else "kube-system", queue="",
                    component=self.component.name)

    def placed(self, workload: Workload) -> Workload:
        """Return work as it may run here."""
        if self._permit is None:
            return workload
        name = on_existing.priority_name(self._permit, workload.priority) if workload.priority else None
        return replace(workload, placement=self._permit.placement, priority_class=name)

    def claim(self, name: str, pods: int, gpus: int) -> None:
        """Count work that is about to be submitted, until it is gone. Raises Disabled when it is too much at once."""
        if isinstance(self.cluster, Lent):
            self.cluster.take(pods, gpus)
            self._claims[name] = pods, gpus

    def release(self, name: str) -> None:
        """Count work that is gone."""
        if isinstance(self.cluster, Lent) and name in self._claims:
            self.cluster.give_back(*self._claims.pop(name))

    def make_home(self) -> str:
        """Make sure that there is a namespace for what belongs to no team, and return its name."""
        if self._permit is None:
            self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}})
        return self.home

    def is_shared(self, obj: Object) -> bool:
        """Whether an object is there for all behaviours of a run: what lies in no namespace, where it was allowed."""
        return self._permit is not None and not obj["metadata"].get("namespace")

    def cluster_name(self, name: str) -> str:
        """Return what an object without a namespace is called: as was allowed, or by a name of its own."""
        return f"{self._permit.prefix}{name}" if self._permit else unique(name)

    def would_take(self, obj: Object) -> Object:
        """Ask whether an object would be taken, and keep nothing. Raises Refused."""
        meta = obj["metadata"]
        if self._permit and self.api.is_namespaced(kind_of(obj)) and \
                not str(meta.get("namespace", "")).startswith(self._permit.prefix):
            meta = {**meta, "namespace": self.served_team.namespace}
        return self.api.create({**obj, "metadata": meta}, dry_run=True)

    # -- the platform -----------------------------------------------------------------------------

    @property
    def served_team(self) -> Team:
        """The behaviour's team. Raises SeatrialError when nobody is there to work for."""
        if self.team is None:
            raise SeatrialError(f"{self.folder.name} has no team that {self.component.name} serves")
        return self.team

    def create(self, obj: Object) -> Object:
        """Create an object that goes when the behaviour ends. Raises Refused."""
        try:
            made = self.api.create(obj)
        except (Unreachable, Overloaded) as error:
            if error.may_be_done:
                self._delete_later(obj)
            raise
        self._delete_later(made)
        return made

    def _delete_later(self, obj: Object) -> None:
        meta = obj["metadata"]
        self._later.callback(self.api.delete, kind_of(obj), meta["name"], meta.get("namespace"))

    def at_the_end(self, action: Callable[[], None]) -> None:
        """Do something when the behaviour ends, whatever came of it; the last that was asked for comes first."""
        self._later.callback(action)

    def gpus(self, node: str) -> list[str]:
        """Return the ids of a real node's fake GPUs. Raises Unsupported where they are real."""
        return self._fake_gpus().gpus(node)

    def sick_gpu(self, node: str) -> str:
        """Make a fake GPU of a real node unhealthy until the behaviour ends; return its id. Raises Unsupported."""
        first = self.gpus(node)[0]
        self._later.callback(self._healed, node, first)
        self._fake_gpus().set_gpu_health(node, first, healthy=False)
        return first

    def _healed(self, node: str, gpu: str) -> None:
        # Until the node offers it again the next behaviour would take what this one left for its own doing.
        self._fake_gpus().set_gpu_health(node, gpu, healthy=True)
        eventually(lambda: (self.api.read("v1/Node", node) or {})["status"]["allocatable"].get(labels.GPU_RESOURCE),
                   becomes=str(len(self.gpus(node))), within=patience().ready, because=f"GPUs that {node} offers again")

    def _fake_gpus(self) -> FakeGpus:
        if not isinstance(self.cluster, FakeGpus):
            raise Unsupported(f"the GPUs of {self.cluster.name} are not ours to count and to make sick")
        return self.cluster

    def stranger_namespace(self, team: Team) -> str:
        """Make a namespace with a door of its own to the team's ClusterQueue, and return its name."""
        name = self._permit.strangers if self._permit else unique("stranger")
        entrance = on_existing.live(team).entrance(team, self.folder, name)
        if self._permit is None:
            self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.create(entrance)
        return name

    def without_queue(self, team: Team) -> Team:
        """Return the team as somebody who forgot to name a queue."""
        return replace(team, queue="")

    def sharing_with(self, team: Team) -> list[Team]:
        """Return the other teams that a team shares GPUs with, directly or through others."""
        return promises.sharing_with(team, self.folder)

    def pool_gpus(self, team: Team) -> int:
        """Return the GPUs that a team and those who share with it have together, by the platform's manifests."""
        return promises.queues_of(team).pool_gpus(team, self.folder)

    def most_held(self, asks: Mapping[Team, int]) -> int:
        """Return the most GPUs that teams can hold together, by the manifests, when each asks for so many."""
        by_component: dict[str, dict[Team, int]] = {}
        for team, gpus in asks.items():
            by_component.setdefault(team.component, {})[team] = gpus
        return sum(promises.queues_of(next(iter(some))).most_held(some, self.folder) for some in by_component.values())

    def queue_of(self, team: Team) -> str:
        """Return, for people, the object that holds a team's quota: `ClusterQueue serving-c`."""
        return promises.queues_of(team).queue_of(team, self.folder)

    def nodes_of(self, team: Team, *, at_least: int = 1) -> list[Object]:
        """Return the nodes on which work of a team may stand, by the flavors of its queue, sorted by name.

        On clusters of ours these are the fake ones. Raises Unsupported when there are fewer than it takes.
        """
        found = [node for node in self.api.list("v1/Node", labels=self._node_labels())
                 if labels.GPU_RESOURCE in node["status"]["allocatable"]]
        wanted = promises.queues_of(team).node_labels(team, self.folder)
        nodes = sorted((node for node in found if not wanted or any(
            wanted_labels.items() <= node["metadata"]["labels"].items() for wanted_labels in wanted)),
            key=lambda node: str(node["metadata"]["name"]))
        if len(nodes) < at_least:
            raise Unsupported(f"it takes {at_least} nodes on which work of {team.name} may stand, and there are "
                              f"{len(nodes)}")
        return nodes

    def half_gang_lasts_s(self, team: Team) -> float:
        """Return for how many seconds the manifests let half a gang of a team hold GPUs; 0: never half."""
        return promises.queues_of(team).half_gang_lasts_s(team, self.folder)

    def domain_of_node(self, level: str) -> dict[str, str]:
        """Return rack or zone by node: as the nodes were made, whose labels may lie meanwhile, where they are ours."""
        label = labels.level_label(level)
        wanted = fake_nodes.nodes(fake_nodes.load_profile(self.folder.nodes)) if self.folder.nodes and \
            self._permit is None else self.api.list("v1/Node", labels=self._node_labels() if self._permit else "")
        return {node["metadata"]["name"]: node["metadata"]["labels"][label] for node in wanted
                if label in node["metadata"]["labels"]}

    def _node_labels(self) -> str:
        """The label selector of the nodes that are meant: on clusters of ours the fake ones."""
        if self._permit and isinstance(self.cluster, Lent):
            return self.cluster.node_labels
        return f"{labels.NODE_LABEL}={labels.FAKE}"

    def clear(self) -> None:
        """Delete what was submitted and wait until it is gone. Raises SeatrialError that names what stays."""
        todo, self._submitted = self._submitted, []
        for submitted in todo:
            submitted.ask_to_go()
        self._later.close()
        for submitted in todo:
            submitted.await_gone()
        eventually(partial(self._quota_held, {one.name for one in todo}), becomes=[], within=patience().delete,
                   because="quota that deleted work still holds")
        for name in [*self._claims]:
            self.release(name)

    def _quota_held(self, gone: set[str]) -> list[str]:
        namespaces = {team.namespace for team in self.teams}
        return [name for live in on_existing.live_queues(self.folder)
                for name in live.still_held(self.api, namespaces, gone)]


def _watched(api: Api, folder: PlatformFolder, namespaces: Sequence[str], permit: Permit | None) -> Timeline:
    """Return the timeline of a behaviour: of all there is on a cluster of ours, elsewhere of our own pods alone."""
    if permit is None:
        kinds = [POD, *(kind for spec in folder.components for kind in catalog.components()[spec.name].watches
                        if api.serves(kind))]
        return Timeline(api, None, kinds=kinds, warnings_of=namespaces)
    ours = dict.fromkeys((*namespaces, permit.home, permit.strangers))
    return Timeline(api, *ours, kinds=[POD], labels=labels.WORKLOAD)


@contextmanager
def _undisturbed(api: Api, folder: PlatformFolder, behaviour: Behaviour, component: Component, team: Team | None,
                 ) -> Iterator[None]:
    """Make sure that nobody else uses what a behaviour needs to itself: else its verdict would be about them.

    Raises Unsupported when somebody does, SeatrialError when somebody did meanwhile.
    """
    def held() -> dict[str, int]:
        return on_existing.gpus_of_others(api, folder, behaviour, component, team)

    if before := held():
        raise Unsupported(f"others use what it needs to itself: {_gpus(before)}")
    yield
    try:
        eventually(held, becomes={}, within=patience().apply)
    except AssertionError:
        raise SeatrialError(f"others came in between, so nothing can be said: {_gpus(held())}",
                            "run it again when the queues are idle") from None


def _gpus(held: dict[str, int]) -> str:
    return ", ".join(f"{gpus} GPUs of {queue}" for queue, gpus in held.items())
