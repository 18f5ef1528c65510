"""Work that starts together or not at all."""

from conformance import Disturbance, Feature, Fidelity, Unsupported, at_least, behaviour, eventually, gang, throughout
from conformance.model.promise import Team
from conformance.platform import Platform
from conformance.suites.scheduling.demand import most, whole
from conformance.suites.scheduling.nodes import gpus_of, in_fragments, occupy, watched_s
from conformance.waiting import patience, preparing

FREE = 4
"""Nodes that two gangs compete for."""


def _all_or_none(platform: Platform, team: Team) -> None:
    """Raise Unsupported where half a gang is not prevented but given back: another behaviour is about that."""
    lasts_s = platform.half_gang_lasts_s(team)
    if lasts_s:
        raise Unsupported(f"{platform.folder.name} does not prevent half a gang, it gives it back after {lasts_s:g} s")


@behaviour(requirement="gang_scheduling", needs=[Feature.GANG_SCHEDULING], fidelity=Fidelity.CONTROL_PLANE,
           promise="starts_as_gang", where=lambda team: bool(team.starts_as_gang),
           catches={"capability-short": "starts all", "nominal-quota-short": "starts all",
                    "job-controller-down": "starts all"}, disturbs=[Disturbance.COHORT])
def test_a_gang_that_fits_starts_whole(platform: Platform, team: Team) -> None:
    """A gang as large as its team's guarantee starts whole.

    What waits for the last pod for ever wastes all the others.
    """
    fits = platform.submit(whole(team.guaranteed_gpus or gpus_of(platform.nodes_of(team)[0])), named="fits")
    fits.await_running(because=f"{platform.queue_of(team)} starts all {fits.workload.pods} pods of "
                               f"{team.name}'s gang {fits.name}")


@behaviour(requirement="gang_scheduling", needs=[Feature.GANG_SCHEDULING], fidelity=Fidelity.CONTROL_PLANE,
           promise="starts_as_gang", where=lambda team: bool(team.starts_as_gang),
           catches={"gang-plugin-off": "none may take it", "gpus-overcounted": "none may take it"},
           disturbs=[Disturbance.NODES])
def test_a_gang_that_does_not_fit_holds_no_accelerator(platform: Platform, team: Team) -> None:
    """A gang that does not fit holds no accelerator, not even where some of its pods would fit.

    Half a gang keeps accelerators busy and does no work. The telling case is a fragmented cluster: where a queue's
    quota says no, no pod is there that could be bound.
    """
    _all_or_none(platform, team)
    torn = platform.submit(in_fragments(platform, team), named="torn").await_answer()
    throughout(torn.gpus_held, stays=0, during=watched_s(), since=torn.submitted_at,
               because=f"{platform.queue_of(team)}: two of the three pods of {team.name}'s gang {torn.name} "
                       f"would find a node, so none may take it")


@behaviour(requirement="gang_scheduling", needs=[Feature.GANG_SCHEDULING], fidelity=Fidelity.CONTROL_PLANE,
           promise="starts_as_gang", where=lambda team: bool(team.starts_as_gang),
           catches={"pods-ready-not-awaited": "could start by half only"}, disturbs=[Disturbance.NODES])
def test_half_a_gang_gives_its_accelerators_back(platform: Platform, team: Team) -> None:
    """A gang that started by half gives its accelerators back within the time that its platform allows.

    Where a queue counts GPUs and not places, half a gang can start; it must not stay.
    """
    lasts_s = platform.half_gang_lasts_s(team)
    if not lasts_s:
        raise Unsupported(f"{platform.folder.name} never starts half a gang")
    half = platform.submit(in_fragments(platform, team), named="half")
    with preparing(f"{team.name}'s gang {half.name}"):
        eventually(half.gpus_held, becomes=at_least(1), because=f"some pods of {half.name} are bound")
    eventually(half.gpus_held, becomes=0, within=lasts_s + patience().apply,
               because=f"{platform.queue_of(team)}: {team.name}'s gang {half.name} could start by half only, "
                       f"so after {lasts_s:g} s it holds no GPU")


@behaviour(requirement="gang_scheduling", needs=[Feature.GANG_SCHEDULING], fidelity=Fidelity.CONTROL_PLANE,
           promise="starts_as_gang", where=lambda team: bool(team.starts_as_gang),
           catches={"gang-plugin-off": "two gangs", "gpus-overcounted": "two gangs"},
           disturbs=[Disturbance.COHORT, Disturbance.NODES])
def test_two_gangs_that_each_need_more_than_half_do_not_block_each_other(platform: Platform, team: Team) -> None:
    """Of two gangs that each need more than half, one runs whole and the other holds nothing until it can run.

    Two half gangs that wait for each other wait for ever.
    """
    nodes = platform.nodes_of(team, at_least=FREE)
    size = gpus_of(nodes[0])
    free = most(team) // size  # where only quota keeps gangs apart, it has to be short
    if not platform.half_gang_lasts_s(team):
        free = FREE
        occupy(platform, nodes[free:], gpus=size)
    both = [platform.submit(gang(pods=free // 2 + 1, gpus_per_pod=size), named=name) for name in ("one", "other")]
    queue = platform.queue_of(team)
    eventually(lambda: max(each.running.now for each in both), becomes=free // 2 + 1,
               because=f"{queue}: of {team.name}'s two gangs {both[0].name} and {both[1].name} one runs whole")
    waits, runs = sorted(both, key=lambda each: int(each.running.now))
    throughout(waits.gpus_held, stays=0, since=platform.timeline.opened_at,
               because=f"{queue}: of {team.name}'s two gangs {waits.name} waits for {runs.name} and holds nothing")
    runs.finish()
    waits.await_running(because=f"{queue}: {waits.name} runs when {runs.name} has finished")


@behaviour(requirement="gang_scheduling", needs=[Feature.GANG_SCHEDULING], fidelity=Fidelity.CONTROL_PLANE,
           promise="starts_as_gang", where=lambda team: bool(team.starts_as_gang),
           catches={"gang-plugin-off": "so it holds none", "gpus-overcounted": "so it holds none"},
           disturbs=[Disturbance.NODES])
def test_a_gang_waits_until_there_is_room_for_all_of_it(platform: Platform, team: Team) -> None:
    """While room for a gang appears bit by bit the gang holds nothing, and when there is room for all it starts.

    A cluster that grows node by node must not be nibbled away by gangs that cannot run yet.
    """
    _all_or_none(platform, team)
    first, second, third, fourth, *_ = nodes = platform.nodes_of(team, at_least=4)
    size = gpus_of(first)
    occupants = occupy(platform, nodes, gpus=size)
    waits = platform.submit(gang(pods=4, gpus_per_pod=size), named="waits")
    queue = platform.queue_of(team)
    occupants.leave([first, second])
    throughout(waits.gpus_held, stays=0, during=watched_s(),
               because=f"{queue}: two nodes are free and {team.name}'s gang {waits.name} needs four, so it holds none")
    occupants.leave([third, fourth])
    waits.await_running(because=f"{queue}: four nodes are free, so {team.name}'s gang {waits.name} runs whole")
