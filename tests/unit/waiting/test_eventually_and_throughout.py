import os
import threading
import time
from collections import Counter

import pytest

from conformance import waiting
from conformance.errors import SeatrialError, Unprepared, UsageError
from conformance.matching import at_most, like
from conformance.waiting import Patience, Unmet, eventually, patience, preparing, reached_s, settled_s, throughout


class Recorded:
    """An observable whose changes a test dictates, `seconds` after its making."""

    def __init__(self, *changes, what="phases of gang a", story=()):
        self.made = time.monotonic()
        self.changes = [(self.made + at, value) for at, value in changes]
        self.what = what
        self.lines = story
        self.news = threading.Condition()
        self.waits = 0

    def history(self, since):
        now = time.monotonic()
        past = [(at, value) for at, value in self.changes if at <= since]
        later = [(at, value) for at, value in self.changes if since < at <= now]
        return [(since, past[-1][1] if past else None), *later]

    def await_change(self, since, known, timeout_s):
        self.waits += 1
        end = time.monotonic() + timeout_s
        while len(self.history(since)) <= known and time.monotonic() < end:
            with self.news:
                self.news.wait(0.005)

    def story(self):
        return self.lines


def values(*them):
    left = list(them)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def lines_without_times(trace):
    return [line.split(" s  ", 1)[-1] for line in trace.splitlines()]


def test_eventually_returns_the_value_that_was_waited_for():
    assert eventually(values(1, 2, 3, 4), becomes=3, within=5) == 3


def test_eventually_looks_once_even_without_time():
    assert eventually(lambda: 7, becomes=7, within=0) == 7


def test_eventually_takes_a_predicate_and_a_matcher():
    assert eventually(values(1, 5), becomes=lambda value: value > 4, within=5) == 5
    assert eventually(values({}, {"a": 1, "b": 2}), becomes=like({"a": 1}), within=5)["b"] == 2


def test_what_never_comes_is_told_with_what_came():
    with pytest.raises(Unmet) as failure:
        eventually(values(Counter(), Counter(Pending=2), Counter(Pending=1, Running=1)),
                   becomes=Counter(Running=2), within=0.3, because="ClusterQueue serving-c: its pods")
    assert failure.value.cause == ("ClusterQueue serving-c: its pods: expected to become Running=2 within 0.3 s; "
                                   "saw Pending=1, Running=1")
    assert lines_without_times(failure.value.trace) == ["none", "Pending=2", "Pending=1, Running=1"]
    assert str(failure.value) == f"{failure.value.cause}\n{failure.value.trace}"


def test_a_failure_of_a_matcher_says_where_the_value_differs():
    with pytest.raises(Unmet) as failure:
        eventually(lambda: {"status": {"phase": "Pending", "node": None}}, within=0,
                   becomes=like({"status": {"phase": "Running", "node": "n1"}}), because="Pod a")
    assert failure.value.cause.endswith("(status.phase: expected 'Running', was 'Pending' and 1 more)")


def test_the_name_of_a_callable_stands_in_for_a_missing_because():
    def gpus_of_team_a():
        return 1

    def is_whole(_):
        return False

    with pytest.raises(Unmet) as failure:
        eventually(gpus_of_team_a, becomes=is_whole, within=0)
    assert failure.value.cause == "gpus of team a: expected to become as is whole within 0 s; saw 1"


def test_an_error_in_what_is_looked_at_is_no_failure():
    def broken():
        raise ConnectionError("refused")

    with pytest.raises(ConnectionError):
        eventually(broken, becomes=1, within=1)


def test_throughout_returns_the_last_value():
    assert throughout(values(1, 2, 3), stays=at_most(3), during=0.2) == 3


def test_throughout_tells_the_first_value_that_broke_it():
    with pytest.raises(Unmet) as failure:
        throughout(values(8, 8, 9), stays=at_most(8), during=3, because="GPUs held by team a")
    assert failure.value.cause.startswith("GPUs held by team a: expected to stay at most 8 for 3 s; after 0.")
    assert failure.value.cause.endswith(" s saw 9")
    assert lines_without_times(failure.value.trace) == ["8", "9"]


def test_a_short_change_of_an_observable_is_caught_although_it_is_over():
    seen = Recorded((0, Counter(Pending=5)), (0.05, Counter(Pending=4, Running=1)), (0.051, Counter(Pending=5)))
    with pytest.raises(Unmet) as failure:
        throughout(seen, stays=Counter(Pending=5), during=0.2)
    assert "phases of gang a: expected to stay Pending=5 for 0.2 s; after 0.05 s" in failure.value.cause
    assert failure.value.cause.endswith("saw Pending=4, Running=1")
    assert lines_without_times(failure.value.trace) == ["Pending=5", "Pending=4, Running=1"]


def test_an_observable_is_not_polled():
    seen = Recorded((0, 1), (0.05, 2), (0.1, 3))
    assert eventually(seen, becomes=3, within=5) == 3
    assert seen.waits <= 3
    seen = Recorded((0, 1))
    throughout(seen, stays=1, during=0.3)
    assert seen.waits == 1


def test_eventually_sees_a_short_value_of_an_observable():
    seen = Recorded((0, "a"), (0.05, "b"), (0.0501, "c"))
    assert eventually(seen, becomes="b", within=5) == "b"


def test_throughout_answers_for_the_past_when_asked():
    seen = Recorded((-2, "whole"), (-1, "half"), (-0.9, "whole"))
    throughout(seen, stays="whole", during=0)
    with pytest.raises(Unmet) as failure:
        throughout(seen, stays="whole", during=0, since=seen.made - 1.5)
    assert "after 0.50 s saw 'half'" in failure.value.cause


def test_what_comes_after_the_end_does_not_count():
    seen = Recorded((0, "whole"), (0.1, "half"))

    class Late(Recorded):
        def await_change(self, *_):
            time.sleep(0.2)  # the news comes when the watch is over: past `during`, past the change at 0.1

    late = Late(what="x")
    late.changes = seen.changes
    throughout(late, stays="whole", during=0.05)


def test_the_story_stands_below_the_changes():
    seen = Recorded((0, 1), story=["last warnings:", "  Pod a: FailedScheduling: no room"])
    with pytest.raises(Unmet) as failure:
        eventually(seen, becomes=2, within=0)
    assert failure.value.trace.splitlines()[1:] == ["  last warnings:", "    Pod a: FailedScheduling: no room"]


def test_a_story_that_cannot_be_had_hides_nothing():
    def gone():
        raise ConnectionError("refused")

    with pytest.raises(Unmet) as failure:
        eventually(lambda: 1, becomes=2, within=0, story=gone)
    assert "(its story could not be read: refused)" in failure.value.trace


def test_a_long_trace_keeps_its_beginning_and_its_end():
    seen = Recorded(*((at / 1e6, at) for at in range(100)))
    with pytest.raises(Unmet) as failure:
        throughout(seen, stays=lambda value: value is None or value < 99, during=1, since=seen.made - 1)
    lines = lines_without_times(failure.value.trace)
    assert lines[0] == "None"
    assert "… 71 changes left out" in lines[1]
    assert lines[-1] == "99"
    assert len(lines) == 31


def test_patience_is_stretched_by_the_environment(monkeypatch):
    monkeypatch.delenv("SEATRIAL_PATIENCE", raising=False)
    assert patience() == Patience()
    monkeypatch.setenv("SEATRIAL_PATIENCE", "2.5")
    assert patience().schedule == Patience().schedule * 2.5
    assert patience().settle == Patience().settle * 2.5


@pytest.mark.parametrize(("load", "factor"), [(0.1, 1), (8, 1), (16, 2), (500, 6)])
def test_patience_is_stretched_while_others_keep_the_machine_busy(load, factor, monkeypatch):
    monkeypatch.setattr(waiting, "MOST_STRAIN", 6)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0, 0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setenv("SEATRIAL_PATIENCE", "2")
    assert patience() == Patience().stretched(2 * factor)


@pytest.mark.parametrize("text", ["long", "0", "-1", "nan", "inf"])
def test_patience_refuses_what_is_no_factor(text, monkeypatch):
    monkeypatch.setenv("SEATRIAL_PATIENCE", text)
    with pytest.raises(UsageError, match="SEATRIAL_PATIENCE=.*is not a factor"):
        patience()


def test_what_sets_the_stage_is_no_verdict():
    said = "it could not begin, for training-b did not play its part: its GPUs: "
    with pytest.raises(Unprepared, match=said) as ended, preparing("training-b"):
        eventually(lambda: 0, becomes=8, within=0, because="its GPUs")
    assert lines_without_times(ended.value.trace) == ["0"]


def test_an_error_on_the_way_stays_an_error():
    with pytest.raises(KeyError), preparing("training-b"):
        raise KeyError("status")


def test_when_a_recorded_value_was_reached_is_told_to_the_first_time():
    seen = Recorded((-3, 0), (-2, 8), (-1.5, 4), (-1, 8))
    assert reached_s(seen, becomes=8, since=seen.made - 2.5) == pytest.approx(0.5)
    assert reached_s(seen, becomes=8, since=seen.made - 1.75) == 0  # it held already
    assert reached_s(seen, becomes=at_most(4), since=seen.made - 1.75) == pytest.approx(0.25)
    with pytest.raises(SeatrialError, match="phases of gang a: was never 16"):
        reached_s(seen, becomes=16, since=seen.made - 3)


def test_what_must_not_happen_is_watched_for_as_long_as_what_did_happen_took(monkeypatch):
    monkeypatch.setattr(waiting, "_took_s", [])
    monkeypatch.setenv("SEATRIAL_PATIENCE", "0.1")  # settling: 0.3 s, scheduling: 2 s
    assert settled_s() == pytest.approx(0.3)
    slow = time.monotonic() + 0.5
    eventually(lambda: time.monotonic() > slow, becomes=True, within=5)
    eventually(lambda: True, becomes=True)
    assert 0.5 <= settled_s() < 2
    late = time.monotonic() + 0.4
    with pytest.raises(Unmet, match="expected to stay 0"):
        throughout(lambda: int(time.monotonic() > late), stays=0)
    waiting.begin()
    assert settled_s() == pytest.approx(0.3)


def test_a_wait_that_is_long_by_its_nature_makes_no_watch_longer_than_that_for_scheduling(monkeypatch):
    monkeypatch.setattr(waiting, "_took_s", [90.0])
    assert settled_s() == patience().schedule
