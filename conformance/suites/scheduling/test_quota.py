"""What a team is guaranteed, what it may borrow, and what it lends."""

import time

from conformance import Disturbance, Feature, Fidelity, at_most, behaviour, eventually, job, throughout
from conformance.model.measurement import Measure
from conformance.model.promise import Team
from conformance.platform import Platform
from conformance.suites.scheduling.demand import (
    ask,
    back_within,
    free_for_others,
    held_by,
    most,
    others_take_all_they_may,
    whole,
)
from conformance.waiting import patience, reached_s


@behaviour(requirement="quota", needs=[Feature.QUOTA], fidelity=Fidelity.CONTROL_PLANE,
           promise="guaranteed_gpus", disturbs=[Disturbance.COHORT],
           catches={"nominal-quota-short": "guaranteed GPUs", "capability-short": "guaranteed GPUs"})
def test_a_team_gets_its_guaranteed_gpus_to_the_unit(platform: Platform, team: Team, measure: Measure) -> None:
    """A team gets every GPU that it was guaranteed, while all others take what they may.

    A guarantee that holds only while the others are away is none.
    """
    others_take_all_they_may(platform, team)
    held, own = held_by(platform, [team]), ask(platform, team, team.guaranteed_gpus or 0, named="guaranteed")
    asked_at = time.monotonic()
    eventually(held, becomes=team.guaranteed_gpus,
               within=team.back_within_s or patience().schedule,
               because=f"{platform.queue_of(team)} gives {team.name} its {team.guaranteed_gpus} guaranteed GPUs "
                       f"in {len(own)} jobs while the others take what they may")
    measure("guaranteed GPUs are there after", reached_s(held, becomes=team.guaranteed_gpus, since=asked_at), "s",
            objective=back_within(team))


@behaviour(requirement="quota", needs=[Feature.QUOTA], fidelity=Fidelity.CONTROL_PLANE,
           promise="may_borrow_gpus",
           catches={"nominal-quota-over": "not one GPU more", "borrowing-limit-dropped": "not one GPU more",
                    "cohort-limit-dropped": "not one GPU more", "capability-over": "not one GPU more"},
           disturbs=[Disturbance.COHORT])
def test_a_team_gets_not_one_gpu_more_than_it_may(platform: Platform, team: Team) -> None:
    """A team never holds more than its guaranteed GPUs and what it may borrow.

    One GPU too many is one that somebody else was promised.
    """
    limit = most(team)
    ask(platform, team, limit)
    held = held_by(platform, [team])
    eventually(held, becomes=limit, because=f"{platform.queue_of(team)} lets {team.name} have {limit} GPUs, "
                                            f"of which {team.may_borrow_gpus} are borrowed")
    one_more = platform.submit(job(gpus=1), named="one-more").await_answer()
    throughout(held, stays=limit, since=one_more.submitted_at,
               because=f"{platform.queue_of(team)} lets {team.name} have not one GPU more than {limit}")


@behaviour(requirement="borrowing", needs=[Feature.BORROWING], fidelity=Fidelity.CONTROL_PLANE,
           promise="may_borrow_gpus", where=lambda team: bool(team.may_borrow_gpus),
           catches={"borrowing-refused": "idle GPUs"}, disturbs=[Disturbance.COHORT])
def test_a_team_can_borrow_what_it_may(platform: Platform, team: Team) -> None:
    """A team can borrow idle GPUs up to its limit.

    GPUs that are idle while somebody waits are the dearest ones.
    """
    ask(platform, team, most(team))
    eventually(held_by(platform, [team]), becomes=most(team),
               because=f"{platform.queue_of(team)} lets {team.name} borrow {team.may_borrow_gpus} idle GPUs "
                       f"on top of its {team.guaranteed_gpus or 0}")


@behaviour(requirement="borrowing", needs=[Feature.BORROWING], fidelity=Fidelity.CONTROL_PLANE,
           promise="lends_at_most_gpus", catches={"lending-limit-dropped": "lends at most"},
           disturbs=[Disturbance.COHORT])
def test_a_team_lends_no_more_than_it_offers(platform: Platform, team: Team) -> None:
    """The others together never hold GPUs that a team does not lend.

    What is never lent is there at once, without waiting for anybody to leave.
    """
    limit = free_for_others(platform, team)
    held = others_take_all_they_may(platform, team)
    throughout(held, stays=at_most(limit),
               because=f"{platform.queue_of(team)} lends at most {team.lends_at_most_gpus} of its GPUs, "
                       f"so that the others hold at most {limit}")


@behaviour(requirement="borrowing", needs=[Feature.BORROWING, Feature.PREEMPTION], fidelity=Fidelity.CONTROL_PLANE,
           promise="back_within_s", catches={"reclaim-off": "GPUs back for", "volcano-reclaim-off": "GPUs back for"},
           disturbs=[Disturbance.COHORT])
def test_a_team_gets_lent_gpus_back_in_time(platform: Platform, team: Team, measure: Measure) -> None:
    """A team that needs the GPUs it lent has them back within the time it was promised.

    Whoever lends must not pay for it with its own deadline.
    """
    others_take_all_they_may(platform, team)
    need = platform.submit(whole(team.guaranteed_gpus or 0), named="needs-its-own")
    asked_at = time.monotonic()
    eventually(need.gpus_held, becomes=team.guaranteed_gpus, within=team.back_within_s,
               because=f"{platform.queue_of(team)} gets its {team.guaranteed_gpus} GPUs back for {team.name}")
    measure("lent GPUs are back after", reached_s(need.gpus_held, becomes=team.guaranteed_gpus, since=asked_at), "s",
            objective=back_within(team))
