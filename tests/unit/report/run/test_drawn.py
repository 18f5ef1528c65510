"""A trace, as `waiting` writes it, taken apart for a picture."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.run.drawn import HIGH, WIDE, drawn
from conformance.waiting import Unmet, eventually, throughout

BECOMES = "Queue a: expected to become 8 within 30 s; saw 4"


def unmet(wait, seen, **expected):
    with pytest.raises(Unmet) as failed:
        wait(seen, because="it", **expected)
    return drawn(failed.value.trace, failed.value.cause)


def test_what_eventually_writes_is_drawn():
    values = iter([0, 4, 8])
    drawing = unmet(eventually, lambda: next(values, 8), becomes=9, within=0.5)

    assert [change.value for change in drawing.changes] == ["0", "4", "8"]
    assert (drawing.top, drawing.wished, drawing.end_s) == (9, 9, 0.5)
    assert len(drawing.layers) == 1


def test_what_throughout_writes_is_drawn_to_a_round_number_after_the_change_that_ended_it():
    values = iter([Counter(Running=2), Counter(Running=1, Pending=1)])
    drawing = unmet(throughout, lambda: next(values), stays=Counter(Running=2), during=5)

    assert [layer.name for layer in drawing.layers] == ["Running", "Pending"]
    assert drawing.changes[-1].at_s < drawing.end_s < 5
    assert drawing.wished is None


def test_a_number_is_an_area_in_steps():
    (layer,) = drawn("    0.00 s  0\n   15.00 s  4", BECOMES).layers
    assert layer.path == "M0,100 L500,100 L500,50 L1000,50 L1000,100 L500,100 L500,100 L0,100 Z"


def test_counts_lie_one_upon_the_other():
    drawing = drawn("    0.00 s  none\n   15.00 s  Pending=2, Running=6", "it: expected to become Running=8 within 30 s; saw x")
    assert (drawing.top, [layer.name for layer in drawing.layers]) == (8, ["Pending", "Running"])
    assert "L500,75 L1000,75" in drawing.layers[0].path
    assert "L500,0 L1000,0 L1000,75" in drawing.layers[1].path


@pytest.mark.parametrize(("value", "why"), [
    ("{a, b}", "a set"), ("True", "a truth"), ("'x'", "a text"), ("-3", "below zero"), ("none", "nothing at all"),
    ("Running=1, x", "half of it"), ("9" * 40, "too long for a number")])
def test_other_values_have_no_picture_but_their_times(value, why):
    drawing = drawn(f"    0.00 s  {value}\n    2.00 s  {value}!", BECOMES)
    assert drawing.layers == ()
    assert [(change.at_s, change.until_s) for change in drawing.changes] == [(0, 2), (2, 30)]


def test_what_is_no_change_is_the_story_and_what_was_left_out_is_counted():
    drawing = drawn("    0.00 s  1\n           … 7 changes left out\n    2.00 s  2\n  pod-a  Running\n  last warnings:\n\n    Pod b: no", BECOMES)
    assert drawing.story == ("  pod-a  Running", "  last warnings:", "    Pod b: no")
    assert [change.left_out_after for change in drawing.changes] == [7, 0]


@pytest.mark.parametrize("trace", ["", "Traceback\n  KeyError", "1.0 s", "           … 3 changes left out"])
def test_a_trace_without_changes_is_not_drawn(trace):
    assert drawn(trace, BECOMES) is None


@pytest.mark.parametrize(("last_s", "cause", "end_s"), [
    (2.0, BECOMES, 30), (30.0, BECOMES, 30), (30.2, BECOMES, 35), (3.71, "a: expected to stay 2 for 5 s; after 3.71 s saw 1", 4.0),
    (0.0, "no words that we know", 1), (12.0, "no words that we know", 15)])
def test_where_the_picture_ends(last_s, cause, end_s):
    assert drawn(f"    0.00 s  0\n   {last_s:.2f} s  1", cause).end_s == end_s


@pytest.mark.parametrize(("cause", "wished"), [
    (BECOMES, 8), ("a: expected to become at least 12 within 1 s; saw 1", 12), ("a: expected to stay at most 3 for 1 s; after 0.10 s saw 4", 3),
    ("a: expected to become as all new within 1 s; saw 1", None), ("a: expected to become -2 within 1 s; saw 1", None), ("", None)])
def test_what_was_expected_is_drawn_where_it_is_a_number(cause, wished):
    assert drawn("    0.00 s  1", cause).wished == wished


values = st.one_of(st.integers(0, 99).map(str), st.just("none"), st.from_regex(r"(A|B)=\d, C=\d", fullmatch=True), st.text(max_size=9))
lines = st.lists(st.one_of(st.tuples(st.floats(0, 1e6), values).map(lambda one: f"{one[0]:8.2f} s  {one[1]}"), st.text(max_size=30)))


@given(lines, st.one_of(st.text(), st.just(BECOMES)))
def test_whatever_it_says_each_point_lies_within_the_picture(rows, cause):
    drawing = drawn("\n".join(rows), cause)
    for layer in drawing.layers if drawing else ():
        points = [tuple(map(float, point.split(","))) for point in layer.path[1:-2].split(" L")]
        assert all(0 <= x <= WIDE and 0 <= y <= HIGH for x, y in points)
