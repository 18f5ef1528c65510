"""Volcano's objects in manifests: queues, HyperNodes and the scheduler's configuration."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.components.manifests import gpus, of_kind
from conformance.components.scheduling import VOLCANO
from conformance.kube import yaml
from conformance.model.folder import Manifest, PlatformFolder
from conformance.model.labels import GPU_RESOURCE
from conformance.model.promise import Team

GROUP = "scheduling.volcano.sh"
HYPERNODES = "topology.volcano.sh"


@dataclass(frozen=True, kw_only=True)
class VolcanoQueue:
    """A Volcano Queue; None means that nothing is said about GPUs."""

    name: str
    parent: str | None
    capability: int | None
    deserved: int | None
    guarantee: int | None
    reclaimable: bool
    manifest: Manifest = field(repr=False)


def volcano_queues(manifests: Iterable[Manifest]) -> tuple[VolcanoQueue, ...]:
    """Return Volcano's Queues."""
    return tuple(VolcanoQueue(
        name=manifest.name,
        parent=manifest.spec.get("parent"),
        capability=gpus(manifest, manifest.spec.get("capability"), "spec", "capability", GPU_RESOURCE),
        deserved=gpus(manifest, manifest.spec.get("deserved"), "spec", "deserved", GPU_RESOURCE),
        guarantee=gpus(manifest, (manifest.spec.get("guarantee") or {}).get("resource"),
                        "spec", "guarantee", "resource", GPU_RESOURCE),
        reclaimable=manifest.spec.get("reclaimable", True) is not False,
        manifest=manifest) for manifest in of_kind(manifests, GROUP, "Queue"))


def hypernode_tiers(manifests: Iterable[Manifest]) -> dict[int, Manifest]:
    """Return the first HyperNode of each tier of Volcano's network topology, the innermost tier first."""
    found: dict[int, Manifest] = {}
    for manifest in of_kind(manifests, HYPERNODES, "HyperNode"):
        found.setdefault(int(manifest.spec.get("tier", 0)), manifest)
    return dict(sorted(found.items()))


def tier_name(hypernode: Manifest) -> str:
    """Return the plain word for the tier of a HyperNode, for example `rack`."""
    return str(hypernode.spec.get("tierName") or f"tier-{hypernode.spec.get('tier', 0)}")


@dataclass(frozen=True, kw_only=True)
class VolcanoConf:
    """What `scheduler_conf` says about who may take what."""

    actions: frozenset[str]
    plugins: frozenset[str]


def volcano_queue_of(team: Team, folder: PlatformFolder) -> VolcanoQueue | None:
    """Return the Queue of a team, or None when it is not in the manifests."""
    return next((queue for queue in volcano_queues(folder.manifests)
                 if queue.name == team.queue), None)


def volcano_conf(folder: PlatformFolder) -> VolcanoConf | None:
    """Return what the scheduler is told, or None when the folder leaves it to Seatrial's default."""
    volcano = folder.component(VOLCANO)
    conf = volcano.settings.get("scheduler_conf") if volcano else None
    if conf is None:
        return None
    if isinstance(conf, str):
        conf = yaml.parse(conf, str(folder.path / "platform.yaml"))[0].data
    return VolcanoConf(
        actions=frozenset(action.strip() for action in str(conf["actions"]).split(",")),
        plugins=frozenset(str(plugin["name"]) for tier in conf["tiers"] for plugin in tier["plugins"]))
