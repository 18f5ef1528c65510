"""Pressure: who presses, and what it means when nobody does."""

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest

import conformance.suites
from conformance.errors import SeatrialError, Unprepared, Unsupported
from conformance.model.promise import Team
from conformance.platform import Submitted
from conformance.suites.scheduling import demand


def team(name, **promised):
    return Team(name=name, namespace=name, queue="gpus", component="kueue", **promised)


MINE, OTHER = team("mine", guaranteed_gpus=16), team("other", guaranteed_gpus=8, may_borrow_gpus=16)


class Platform:
    """A platform on which the pods of the others hold as many GPUs as a test says."""

    def __init__(self, *others, held=0, there_are=24, limits_leave=100):
        self.others, self.there_are, self.limits_leave, self.submitted = list(others), there_are, limits_leave, []
        self.timeline = SimpleNamespace(pods=lambda *_, **__: lambda: held)

    def sharing_with(self, _):
        return self.others

    def pool_gpus(self, _):
        return self.there_are

    def most_held(self, asks):
        return min(self.limits_leave, sum(asks.values()))

    def queue_of(self, one):
        return f"ClusterQueue {one.name}"

    def submit(self, workload, *, team, named):
        self.submitted.append((team.name, workload.gpus))


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setenv("SEATRIAL_PATIENCE", "0.001")


def test_the_others_ask_for_all_they_may_and_hold_it():
    platform = Platform(OTHER, held=24)
    demand.others_take_all_they_may(platform, MINE)
    assert platform.submitted == [("other", 8)] * 3


def test_more_than_the_limits_of_cohorts_leave_them_is_not_waited_for():
    demand.others_take_all_they_may(Platform(OTHER, held=16, limits_leave=16), MINE)


def test_pressure_by_nobody_is_none():
    with pytest.raises(Unsupported, match="no other team that was promised something shares GPUs with mine"):
        demand.others_take_all_they_may(Platform(), MINE)


def test_pressure_of_no_gpu_is_none():
    idle = team("idle", guaranteed_gpus=0)
    with pytest.raises(Unsupported, match="idle may take no GPU that mine shares"):
        demand.others_take_all_they_may(Platform(idle), MINE)


def test_a_peer_that_gets_less_than_it_may_is_named_and_the_promise_is_not_judged():
    with pytest.raises(Unprepared, match="other did not play its part: those who share with ClusterQueue mine") as ended:
        demand.others_take_all_they_may(Platform(OTHER, held=23), MINE)
    assert "23" in ended.value.trace


def test_pods_that_do_not_go_are_our_error_and_no_verdict():
    stays = SimpleNamespace(pod_list=lambda: [{"metadata": {"name": "a"}}])
    work = Submitted(SimpleNamespace(), "work", MINE, None, ())
    object.__setattr__(work, "pod_list", stays.pod_list)
    with pytest.raises(SeatrialError, match="clean-up: the pods of mine/work are gone"):
        work.delete()


class Answering:
    """A platform that says of work what a test says, and never runs it unless it says so."""

    def __init__(self, *events):
        self.api = SimpleNamespace(events=lambda _, *, warnings_only: list(events))


def waiting_work(platform, *, held=0):
    work = Submitted(platform, "one-more-x7k2p", MINE, SimpleNamespace(pods=2), ())
    object.__setattr__(work, "gpus_held", SimpleNamespace(now=held))
    return work


def about(name):
    return {"involvedObject": {"name": name}}


def test_work_was_looked_at_when_an_event_says_why_it_waits_or_when_it_holds_a_gpu():
    waiting_work(Answering(about("job-one-more-x7k2p-8f2c1"))).await_answer()
    waiting_work(Answering(), held=1).await_answer()


@pytest.mark.parametrize("events", [(), (about("job-another-8f2c1"),)])
def test_what_nobody_looked_at_is_no_proof_that_it_does_not_happen(events):
    with pytest.raises(Unprepared, match="whoever queues mine's one-more-x7k2p did not play its part"):
        waiting_work(Answering(*events)).await_answer()


def test_whoever_awaits_an_answer_looks_at_what_happened_meanwhile_too():
    suites = Path(conformance.suites.__file__).parent
    checks = [part for file in suites.rglob("test_*.py") for part in ast.parse(file.read_text()).body
              if isinstance(part, ast.FunctionDef) and "await_answer" in ast.unparse(part)]
    assert len(checks) >= 7
    for check in checks:
        watched = [call for call in ast.walk(check) if isinstance(call, ast.Call) and ast.unparse(call.func) == "throughout"]
        assert watched, check.name
        assert all("since" in [word.arg for word in call.keywords] for call in watched), check.name
