"""Volcano as a product that holds queues: what its manifests promise, and who shares GPUs with whom.

It is a `conformance.model.component.Queues`. All its queues share one scheduler and all nodes.
"""

from collections.abc import Iterator, Mapping, Sequence

from conformance.components.manifests import DRAFTED_BACK_WITHIN_S, Broken, Limit
from conformance.components.manifests import uncovered as lines
from conformance.components.scheduling import VOLCANO
from conformance.components.volcano.manifests import (
    VolcanoConf,
    VolcanoQueue,
    hypernode_tiers,
    tier_name,
    volcano_conf,
    volcano_queue_of,
    volcano_queues,
)
from conformance.model.folder import PlatformFolder
from conformance.model.promise import Team

DEFAULT = "default"
"""The queue that Volcano makes itself."""


def check(folder: PlatformFolder) -> None:
    """Raise UsageError, with place, for a limit that is no quantity."""
    volcano_queues(folder.manifests)


def names(namespace: str, folder: PlatformFolder) -> tuple[str, set[str]]:  # noqa: ARG001 -- queues lie in none
    """Return what a team's queue is called, for people, and the names of those that there are."""
    return "Volcano Queue", {queue.name for queue in volcano_queues(folder.manifests)} | {DEFAULT}


def contradictions(teams: Sequence[Team], folder: PlatformFolder) -> Iterator[str]:
    """Yield a line for each promise to a team of Volcano's that the manifests cannot keep, naming place and queue."""
    if folder.component(VOLCANO):  # else nothing can be said
        for team in teams:
            yield from _broken(team, folder)


def queue_of(team: Team, folder: PlatformFolder) -> str:  # noqa: ARG001 -- its name says all
    """Return, for people, the object that holds a team's quota: `Queue pretraining`."""
    return f"Queue {team.queue}"


def pool(team: Team, folder: PlatformFolder) -> str:  # noqa: ARG001 -- one for all of them
    """Return a name for those who share GPUs with a team: all who use the scheduler."""
    return "scheduler"


def pool_gpus(team: Team, folder: PlatformFolder) -> int:  # noqa: ARG001
    """Return the GPUs of all nodes."""
    return folder.gpus or 0


def most_held(asks: Mapping[Team, int], folder: PlatformFolder) -> int:
    """Return the most GPUs that teams can hold together when each asks for so many and nobody else holds any."""
    return sum(asks.values()) if folder.gpus is None else min(folder.gpus, sum(asks.values()))


def handed_out(folder: PlatformFolder) -> Mapping[str, int]:  # noqa: ARG001
    """Return nothing: what queues may hold adds nothing to what the nodes have."""
    return {}


def node_labels(team: Team, folder: PlatformFolder) -> Sequence[Mapping[str, str]]:  # noqa: ARG001
    """Return nothing: any node."""
    return ()


def half_gang_lasts_s(team: Team, folder: PlatformFolder) -> float:  # noqa: ARG001
    """Return 0: the pods of a gang are bound all or none."""
    return 0


def owns(queue: VolcanoQueue, conf: VolcanoConf | None) -> int | None:
    """Return the GPUs that a Volcano queue has or gets back; None when the manifests do not say.

    `deserved` counts only where the capacity plugin reads it and reclaim brings it back.
    """
    comes_back = conf is None or ("capacity" in conf.plugins and "reclaim" in conf.actions)
    if queue.deserved is None or not comes_back:
        return queue.guarantee
    return max(queue.deserved, queue.guarantee or 0)


def who_preempts_volcano(queue: VolcanoQueue, conf: VolcanoConf | None) -> Iterator[str]:
    """Yield why running work of a Volcano queue may be stopped; nothing when the configuration is unknown."""
    if conf and "preempt" in conf.actions:
        yield "preempt is among the actions: its own queue takes from it"
    above = queue.capability is None or queue.capability > (queue.deserved or 0)
    if conf and "reclaim" in conf.actions and queue.reclaimable and above:
        yield "it can hold more than it deserves, and reclaim is among the actions"


def _never_preempted(queue: VolcanoQueue, conf: VolcanoConf | None) -> bool | None:
    """Return whether nobody stops work of a queue, or its own urgent work does; None: only others do, or unknown."""
    if conf is None:
        return None
    if not any(who_preempts_volcano(queue, conf)):
        return True
    return False if "preempt" in conf.actions else None


def drafts(folder: PlatformFolder) -> Iterator[Team]:
    """Yield a team for each queue, with what the manifests do for it."""
    conf = volcano_conf(folder)
    tiers = [tier_name(found) for found in hypernode_tiers(folder.manifests).values()]
    for queue in volcano_queues(folder.manifests):
        own = owns(queue, conf)
        yield Team(
            name=queue.name, namespace="default", queue=queue.name, component=VOLCANO,
            guaranteed_gpus=own,
            back_within_s=DRAFTED_BACK_WITHIN_S if conf and "reclaim" in conf.actions and own else None,
            may_borrow_gpus=None if queue.capability is None else max(0, queue.capability - (own or 0)),
            never_preempted=_never_preempted(queue, conf),
            starts_as_gang=True if conf and "gang" in conf.plugins else None,
            stays_in_one=tiers[0] if tiers and conf and "network-topology-aware" in conf.plugins else None)


def _broken(team: Team, folder: PlatformFolder) -> Iterator[str]:
    conf, queue = volcano_conf(folder), volcano_queue_of(team, folder)
    if queue:
        yield from (f"{queue.manifest.where(*path)}: Queue {queue.name}: team {team.name} {message}"
                    for path, message in _broken_by_queue(team, queue, conf))
    index = [component.name for component in folder.components].index(VOLCANO)
    where = folder.where("components", index, "settings", "scheduler_conf")
    yield from (f"{where}: Queue {team.queue}: team {team.name} {message}"
                for message in _broken_by_scheduler(team, folder, conf))


def _broken_by_queue(team: Team, queue: VolcanoQueue, conf: VolcanoConf | None) -> Iterator[Broken]:
    own, kept = owns(queue, conf) or 0, queue.guarantee or 0
    if team.guaranteed_gpus is not None and team.guaranteed_gpus > own:
        yield ("spec", "deserved"), (f"is guaranteed {team.guaranteed_gpus} GPUs, but the queue only ever "
                                     f"gets {own} back (deserved {queue.deserved or 0}, guarantee {kept})")
    if team.may_borrow_gpus is not None:
        base = own if team.guaranteed_gpus is None else team.guaranteed_gpus
        if queue.capability != base + team.may_borrow_gpus:
            limit = "not set" if queue.capability is None else str(queue.capability)
            yield ("spec", "capability"), (
                f"owns {base} GPUs and may borrow {team.may_borrow_gpus}, but capability is {limit}")
    if team.lends_at_most_gpus is not None and own - kept > team.lends_at_most_gpus:
        yield ("spec", "guarantee"), (f"lends at most {team.lends_at_most_gpus} GPUs, but the queue lends "
                                      f"all above its guarantee of {kept}")
    if team.never_preempted:
        for reason in who_preempts_volcano(queue, conf):
            yield ("spec", "reclaimable"), f"is never preempted, but {reason}"


def _broken_by_scheduler(team: Team, folder: PlatformFolder, conf: VolcanoConf | None) -> Iterator[str]:
    if conf and team.back_within_s is not None and "reclaim" not in conf.actions:
        yield f"gets its GPUs back within {team.back_within_s} s, but reclaim is not among the actions"
    if conf and team.never_preempted is False and "preempt" not in conf.actions:
        yield "gives way to more urgent work of its own, but preempt is not among the actions"
    if conf and team.starts_as_gang and "gang" not in conf.plugins:
        yield "starts its jobs as gangs, but the plugin gang is not on"
    if team.stays_in_one:
        tiers = [tier_name(found) for found in hypernode_tiers(folder.manifests).values()]
        if team.stays_in_one not in tiers:
            yield (f"stays in one {team.stays_in_one}, but the HyperNodes have the tiers "
                   f"{', '.join(tiers) or 'none'}")
        if conf and "network-topology-aware" not in conf.plugins:
            yield f"stays in one {team.stays_in_one}, but the plugin network-topology-aware is not on"


def uncovered(teams: Sequence[Team], folder: PlatformFolder) -> Iterator[str]:
    """Yield a line for each limit that no promise to these teams of Volcano's covers: place, object, limit."""
    for queue in volcano_queues(folder.manifests):
        limits: list[Limit] = [
            (("spec", name), f"{name} {gpus}", promise)
            for name, gpus, promise in (("capability", queue.capability, "may_borrow_gpus"),
                                        ("deserved", queue.deserved, "guaranteed_gpus"),
                                        ("guarantee", queue.guarantee, "guaranteed_gpus"))
            if gpus is not None]
        if "reclaimable" in queue.manifest.spec:
            limits.append((("spec", "reclaimable"), f"reclaimable {str(queue.reclaimable).lower()}",
                           "never_preempted"))
        yield from lines(queue.manifest, limits, [team for team in teams if team.queue == queue.name])
    for hypernode in hypernode_tiers(folder.manifests).values():
        limit = ("spec", "tier"), f"tier {tier_name(hypernode)}", "stays_in_one"
        yield from lines(hypernode, [limit], teams)
