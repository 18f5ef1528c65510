"""A small report in which everything happens once."""

import pytest

from conformance.model.fidelity import Fidelity
from conformance.model.measurement import AT_MOST, Interval, Measurement, Objective
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Report, Result

BACK = Measurement(name="lent GPUs are back after", value=3.217, unit="s",
                   objective=Objective(bound=AT_MOST, limit=30, source="back_within_s of training-a"))
TTFT = Measurement(name="first token after, p99", value=214.4, unit="ms", n=1200,
                   interval=Interval(low=201, high=231.5, level=0.95), objective=Objective(bound=AT_MOST, limit=200))


def result(name, outcome, **more):
    return Result(**{"id": f"scheduling/quota::{name}[training-a]", "promise": f"{name.replace('_', ' ')}.",
                     "platform": "team-queues", "component": "kueue", "outcome": outcome, "requirement": "quota",
                     "fidelity": Fidelity.CONTROL_PLANE, "cluster": "trial-1", "duration_s": 2.04, **more})


@pytest.fixture
def small_report():
    return Report(
        seatrial="0.1.0", started="2026-11-24T08:00:00Z", duration_s=61.2345,
        cluster={"kind": "local", "name": "trial-1", "kubernetes": "v1.35.4", "fidelity": "node"},
        results=(
            result("a_team_gets_its_gpus", Outcome.PASSED, measurements=(BACK, TTFT)),
            result("borrowing_stops_at_the_limit", Outcome.FAILED, requirement="borrowing",
                   cause="ClusterQueue serving-c: expected to become 16 within 30 s; saw 15",
                   trace="    0.00 s  0\n    2.10 s  15\x1b[0m",
                   reproduce="seatrial run --platform team-queues -k 'test_b[training-a]'"),
            result("one_rack", Outcome.UNSUPPORTED, cause="no component provides topology"),
            result("nodes_stop", Outcome.DISABLED, cause="it would stop a node (way out: --allow-changes)"),
            result("it_crashes", Outcome.ERROR, cause="KeyError: 'x'", platform="drafted", confirmed=False,
                   reproduce="seatrial run -k it_crashes"),
        ),
        kill_matrix=(
            Kill(behaviour="scheduling/quota::a_team_gets_its_gpus", fault="quota-dropped", platform="team-queues",
                 outcome=Outcome.FAILED, word="got 0", subject="training-a", cause="serving-c got 0"),
            Kill(behaviour="scheduling/quota::a_team_gets_its_gpus", fault="sleepy", platform="team-queues",
                 outcome=Outcome.PASSED, word="got 0", subject="training-a", reproduce="seatrial run --prove -k x",
                 cause="survived: the behaviour passes although sleepy is there"),
        ),
        uncovered_limits=("team-queues: ClusterQueue a: lendingLimit 8",), uncaught_faults=("unnoticed",),
        troubles=("gang-training: this machine has no containerd\n  way out: apt-get install containerd",))
