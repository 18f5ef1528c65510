from collections import Counter

import pytest

from conformance.matching import at_least, at_most, contains, like, show


@pytest.mark.parametrize(("expected", "value"), [
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2, "d": 3}]}}),
    ({"a": None}, {}),
    ({"a": None}, {"a": None}),
    ({"a": at_least(3)}, {"a": 3}),
    ({"conditions": contains({"type": "Admitted", "status": "True"})},
     {"conditions": [{"type": "Evicted"}, {"type": "Admitted", "status": "True", "reason": "x"}]}),
    (Counter(a=1), Counter(a=1)),
])
def test_what_is_not_mentioned_does_not_matter(expected, value):
    assert like(expected).differences(value) == []


@pytest.mark.parametrize(("expected", "value", "difference"), [
    ({"a": 1}, {"a": 2}, "a: expected 1, was 2"),
    ({"a": 1}, {}, "a: expected 1, is missing"),
    ({"a": None}, {"a": 5}, "a: expected None, was 5"),
    ({"spec": {"pods": [{"count": 4}]}}, {"spec": {"pods": [{"count": 3}]}},
     "spec.pods[0].count: expected 4, was 3"),
    ({"m": {"labels": {"kueue.x-k8s.io/queue-name": "gpus"}}}, {"m": {"labels": {}}},
     'm.labels["kueue.x-k8s.io/queue-name"]: expected \'gpus\', is missing'),
    ([1, 2], [1], "value: expected 2 items, there are 1: [1]"),
    ({"a": [1]}, {"a": "x"}, "a: expected [1], was 'x'"),
    ({"a": at_most(3)}, {"a": 4}, "a: expected at most 3, was 4"),
    ({"a": contains({"b": 1})}, {"a": [{"b": 2}]}, "a: no item is like {b: 1}, there are: [{b: 2}]"),
    ({"a": contains(1)}, {"a": "1"}, "a: expected a collection, was '1'"),
    (Counter(a=1), Counter(a=1, b=1), "value: expected a=1, was a=1, b=1"),
    (at_least(2), None, "expected at least 2, was None"),
])
def test_a_difference_names_its_place(expected, value, difference):
    assert like(expected).differences(value) == [difference]


def test_every_difference_is_told():
    assert like({"a": 1, "b": 2}).differences({"a": 0, "b": 0}) == ["a: expected 1, was 0", "b: expected 2, was 0"]


@pytest.mark.parametrize(("value", "text"), [
    (Counter(Running=3, Pending=0), "Running=3"),
    (Counter(), "none"),
    (frozenset({"rack-b", "rack-a"}), "{'rack-a', 'rack-b'}"),
    ({"a": [1, (2,)]}, "{a: [1, [2]]}"),
    ("two\nlines", r"'two\nlines'"),
    (like({"a": at_most(2)}), "like {a: at most 2}"),
])
def test_values_are_shown_as_a_person_would_write_them(value, text):
    assert show(value) == text


def test_a_long_value_is_cut():
    assert len(show("x" * 1000)) == 160
    assert show("x" * 1000).endswith("…")
