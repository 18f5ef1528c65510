"""A product that provides features: all that Seatrial knows of it, from its own folder."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from conformance.model.fault import Fault
from conformance.model.feature import Feature
from conformance.model.finding import Policy
from conformance.model.folder import PlatformFolder
from conformance.model.promise import Team
from conformance.model.role import Role
from conformance.model.rule import Rules
from conformance.model.survey import Present, Queue
from conformance.model.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Enforcement:
    """Policies of Seatrial that a component holds at admission."""

    by: str
    """Who refuses what a policy denies, as refusals begin: `webhook NAME`."""
    policies: Callable[[Mapping[str, Any]], Sequence[Policy]]
    """Those that are held where a platform has these settings."""


class Queues(Protocol):
    """A product that holds queues: what its manifests promise, and who shares GPUs with whom.

    Pure functions of a platform folder; a module of the component is one. `team` is always one that the product
    serves. GPUs are whole devices. All may raise UsageError, with file and line, for a quantity that is none.
    """

    def check(self, folder: PlatformFolder) -> None:
        """Raise UsageError, with place, for limits and queues that cannot be read."""

    def names(self, namespace: str, folder: PlatformFolder) -> tuple[str, set[str]]:
        """Return what a queue is called, for people, and the queues that teams of a namespace may submit to."""

    def drafts(self, folder: PlatformFolder) -> Iterable[Team]:
        """Return promises that say what the manifests already do."""

    def contradictions(self, teams: Sequence[Team], folder: PlatformFolder) -> Iterable[str]:
        """Return a line for each promise to these teams that the manifests cannot keep, naming place and queue."""

    def uncovered(self, teams: Sequence[Team], folder: PlatformFolder) -> Iterable[str]:
        """Return a line for each limit that no promise to these teams covers: place, object, limit."""

    def handed_out(self, folder: PlatformFolder) -> Mapping[str, int]:
        """Return the GPUs that each object adds to what may be used, by `kind name`."""

    def queue_of(self, team: Team, folder: PlatformFolder) -> str:
        """Return, for people, the object that holds a team's quota: `ClusterQueue serving-c`."""

    def pool(self, team: Team, folder: PlatformFolder) -> str:
        """Return a name for a team and all that it shares GPUs with, directly or through others."""

    def pool_gpus(self, team: Team, folder: PlatformFolder) -> int:
        """Return the GPUs of a team's pool."""

    def most_held(self, asks: Mapping[Team, int], folder: PlatformFolder) -> int:
        """Return the most GPUs that teams hold together when each asks for so many and nobody else holds any."""

    def node_labels(self, team: Team, folder: PlatformFolder) -> Sequence[Mapping[str, str]]:
        """Return the labels of the nodes for a team's work, one of them; nothing: any node."""

    def half_gang_lasts_s(self, team: Team, folder: PlatformFolder) -> float:
        """Return for how many seconds half a gang of a team may hold GPUs; 0: never half."""


class LiveQueues(Protocol):
    """Queues of a product on a live cluster: who may enter them, and what they hold.

    `api` is a `conformance.kube.api.Api`, which the model does not know. All may raise SeatrialError.
    """

    def surveyed(self, folder: PlatformFolder) -> Iterable[Queue]:
        """Return the queues for GPUs of a folder whose manifests were read from a cluster."""

    def entrance(self, team: Team, folder: PlatformFolder, namespace: str) -> dict[str, Any]:
        """Return the object by which work of a namespace would reach a team's queue."""

    def open_to(self, api: Any, team: Team, namespace: str) -> None:
        """Let work of a namespace of ours reach a team's queue, unless it does."""

    def closed(self, api: Any, folder: PlatformFolder, team: Team) -> tuple[str, str]:
        """Return why work of a team cannot enter its queue, and what opens it; nothing when it can."""

    def manages(self, api: Any, namespace: str) -> tuple[bool, str]:
        """Return whether work of a namespace that names no queue is looked after, and what says so."""

    def holds_pods_back(self, api: Any, namespace: str) -> tuple[bool, str]:
        """Return whether plain pods of a namespace are kept from running; why, and the way out."""

    def reserved(self, api: Any, folder: PlatformFolder, team: Team) -> tuple[str, int]:
        """Return, for people, the queue of a team, and the GPUs that it has given away."""

    def still_held(self, api: Any, namespaces: Collection[str], gone: Collection[str]) -> list[str]:
        """Return what holds quota for deleted work of some namespaces."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Component:
    """What a product provides, and what Seatrial knows of it.

    Objects are plain dictionaries; `Any` stands for `conformance.kube.api.Api` and for what the
    installer hands over, which the model does not know.
    """

    name: str
    provides: frozenset[Feature]
    install: Callable[..., None]
    """Installs it: (api, component's entry in platform.yaml, ...)."""
    detect: Callable[[Any], str | None]
    """Its version on a live cluster, or None when it is not there."""
    dress: Callable[[Workload, Team, str], list[dict[str, Any]]]
    """The objects of a neutral workload, submitted for a team under a name."""
    roles: frozenset[Role] = frozenset()
    """The parts of a platform that it plays."""
    programs: tuple[str, ...] = ()
    """The builds that installing it takes, by name: those of its images, and what renders its manifests."""
    version: str = ""
    """The version that Seatrial builds, with its v; empty: it comes with the cluster, see `of_ground`."""
    faults: tuple[Fault, ...] = ()
    of_ground: bool = False
    """It comes with the cluster, so that no platform folder names it."""
    adds: Callable[[Mapping[str, Any]], frozenset[Feature]] = lambda _: frozenset()
    """What it provides besides where a platform's settings say so."""
    added_by: tuple[tuple[Feature, str], ...] = ()
    """For each feature that `adds` may add, the setting that does, in words."""
    priority_kind: str = ""
    """What says how urgent its work is, as `apiVersion/Kind`: an object without a namespace."""
    settings_on: Callable[[Any], Mapping[str, Any]] = lambda _: {}
    """Its settings on a live cluster, as `platform.yaml` would say them."""

    queues: Queues | None = None
    """Its queues, where it holds any: then its teams have promises."""
    live: LiveQueues | None = None
    """The same queues on a live cluster."""
    watches: tuple[str, ...] = ()
    """Kinds of objects that tell how its work fares, beside pods: recorded while a behaviour runs."""
    reads: tuple[tuple[str, str], ...] = ()
    """Group and kind of objects that a survey reads of a cluster, as it would of a folder's manifests."""
    rules: Rules | None = None
    """What its API refuses; needed where it provides admission rules."""
    enforces: Enforcement | None = None
    """Policies that it holds at admission; needed where it enforces policies."""
    admission: Callable[[Callable[[str, str], Iterable[Mapping[str, Any]]]], Iterable[Present]] = lambda _: ()
    """What it holds at admission of a cluster, for people; it is given what reads objects by group and kind."""
    settings_schema: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What `settings` of `platform.yaml` may hold, as JSON Schema: `settings.schema.json` beside the component."""
    check_settings: Callable[[Mapping[str, Any], Callable[..., str]], None] = lambda *_: None
    """Raises UsageError for settings that no schema can tell: (settings, where a part of them is written)."""

    def set_up(self, settings: Mapping[str, Any]) -> Self:
        """Return the component as a platform with these settings has it."""
        return replace(self, provides=self.provides | self.adds(settings))
