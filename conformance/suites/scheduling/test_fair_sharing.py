"""Who gets spare GPUs when several ask."""

from conformance import Disturbance, Feature, Fidelity, Unsupported, behaviour, eventually
from conformance.model.promise import Team
from conformance.platform import Platform
from conformance.suites.scheduling.demand import ask, held_by, most


@behaviour(requirement="fair_sharing", needs=[Feature.FAIR_SHARING], fidelity=Fidelity.CONTROL_PLANE,
           promise="may_borrow_gpus", where=lambda team: bool(team.may_borrow_gpus),
           catches={"fair-sharing-off": "hold the same number of GPUs"}, disturbs=[Disturbance.COHORT])
def test_borrowers_share_spare_gpus_evenly(platform: Platform, team: Team) -> None:
    """Two teams that want the same spare GPUs end with the same share of them, whoever came first.

    Without it the early bird keeps everything that is idle until it is done.
    """
    twins = [other for other in platform.sharing_with(team)
             if (other.may_borrow_gpus, other.guaranteed_gpus) ==
             (team.may_borrow_gpus, team.guaranteed_gpus)]
    if not twins:
        raise Unsupported(f"{team.name} shares with no team that has the same promises: no share can be called even")
    late, = twins[:1]
    early_held, late_held = held_by(platform, [team]), held_by(platform, [late])
    ask(platform, team, most(team), named="early")
    eventually(early_held, becomes=most(team), because=f"{team.name} comes first and borrows all it may")
    ask(platform, late, most(late), named="late")
    eventually(lambda: (early_held.now, late_held.now), becomes=lambda held: held[0] == held[1] and min(held) > 0,
               because=f"{platform.queue_of(team)} and {platform.queue_of(late)} hold the same number of GPUs")
