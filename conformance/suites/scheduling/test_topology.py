"""Jobs that must stay together in the network."""

from conformance import Disturbance, Feature, Fidelity, behaviour, gang, throughout
from conformance.model.promise import Team
from conformance.platform import Platform


def _nodes_per_domain(platform: Platform, level: str) -> int:
    domains = list(platform.domain_of_node(level).values())
    return min(domains.count(domain) for domain in domains)


@behaviour(requirement="topology", needs=[Feature.TOPOLOGY], fidelity=Fidelity.CONTROL_PLANE,
           promise="stays_in_one", disturbs=[Disturbance.COHORT],
           catches={"racks-mislabelled": "must stay in one", "topology-plugin-off": "must stay in one"})
def test_a_job_that_needs_one_domain_never_crosses_it(platform: Platform, team: Team) -> None:
    """A job that must stay in one rack runs in one rack, or waits; it is never split.

    All-reduce across racks is bounded by the thinnest cable between them.
    """
    level = team.stays_in_one or ""
    fits = _nodes_per_domain(platform, level)
    whole = platform.submit(gang(pods=fits, one_of=level), named="fits")
    whole.await_running(because=f"{platform.queue_of(team)} finds {fits} nodes of one {level} for {team.name}")
    assert len(whole.domains(level).now) == 1, \
        f"{platform.queue_of(team)}: a job of {team.name} that must stay in one {level} stands in " \
        f"{sorted(whole.domains(level).now)}"
    whole.delete()
    too_big = platform.submit(gang(pods=fits + 1, one_of=level), named="too-big").await_answer()
    throughout(too_big.gpus_held, stays=0, since=too_big.submitted_at,
               because=f"{platform.queue_of(team)}: no {level} has {fits + 1} nodes, so the job of {team.name} that "
                       "must stay in one waits")
