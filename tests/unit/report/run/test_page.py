"""`report.html` as text; how it looks is seen in tests/browser."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from conformance import cli
from conformance.model.outcome import Outcome
from conformance.model.report import Pair
from conformance.report.run import html
from conformance.report.run import json as json_report


class Texts(HTMLParser):
    """Takes a page apart: its tags, and what a person reads."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts += [" ".join(data.split())] if data.strip() else []


def test_everything_that_needs_somebody_is_on_it(small_report):
    said = " ".join(Texts(html.render(small_report)).texts)
    for one in small_report.results:
        assert one.promise in said
        assert " ".join(one.cause.split()) in said
    for text in (*small_report.uncovered_limits, *small_report.uncaught_faults, "way out: apt-get install containerd",
                 "Nobody has confirmed the promises of drafted", "seatrial run --platform team-queues -k 'test_b[training-a]'",
                 "1 of 2 pairs were caught", "quota-dropped", "survived: the behaviour passes although sleepy is there"):
        assert text in said, text


def test_what_nothing_asked_about_is_named(small_report):
    said = " ".join(Texts(html.render(small_report)).texts)
    (line,) = re.findall(r"Not covered, because nothing asked about them: ([^.]*)\.", said)
    assert "topology" in line.split(", ")
    assert not {"quota", "borrowing"} & set(line.split(", "))


def test_it_asks_nobody_for_anything(small_report):
    page = Texts(html.render(small_report))
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(page.tags)
    assert not {name for name, _ in page.attributes} & {"src", "srcset", "style", "action"}
    assert all(value.startswith("#check-") for name, value in page.attributes if name == "href")


def test_each_anchor_is_there_once(small_report):
    attributes = Texts(html.render(small_report)).attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value.removeprefix("#") for name, value in attributes if name == "href"} <= set(ids)


def test_it_is_the_same_page_each_time_and_in_letters_of_ascii(small_report):
    assert html.render(small_report) == html.render(small_report)
    assert html.render(replace(small_report, seatrial="0.1 \u2713 \udc80 \x1b[0m")).isascii()


@pytest.mark.parametrize(("change", "tone"), [
    ({}, "broken"), ({"troubles": (), "kill_matrix": (), "uncaught_faults": ()}, "broken"), ({"interrupted": True}, "broken")])
def test_the_verdict_has_a_colour(small_report, change, tone):
    assert ("class", f"verdict {tone}") in Texts(html.render(replace(small_report, **change))).attributes


@pytest.mark.parametrize(("outcomes", "tone"), [
    ((Outcome.PASSED,), "held"), ((Outcome.PASSED, Outcome.FAILED), "failed"), ((Outcome.PASSED, Outcome.ERROR), "broken"),
    ((Outcome.UNSUPPORTED,), "open"), ((Outcome.PASSED, Outcome.INVALID), "open"), ((), "open")])
def test_the_colour_is_that_of_the_exit_code(small_report, outcomes, tone):
    results = tuple(replace(small_report.results[0], outcome=outcome, id=f"a/b::{outcome.label}") for outcome in outcomes)
    report = replace(small_report, results=results, kill_matrix=(), uncaught_faults=(), troubles=())
    assert ("class", f"verdict {tone}") in Texts(html.render(report)).attributes


def test_a_survivor_on_one_platform_is_not_hidden_by_a_catch_on_another(small_report):
    caught = small_report.kill_matrix[0]
    report = replace(small_report, kill_matrix=(caught, replace(caught, platform="other", outcome=Outcome.PASSED),
                                                replace(caught, platform="third", outcome=Outcome.UNSUPPORTED)))
    attributes = Texts(html.render(report)).attributes
    assert ("class", "survived") in attributes
    assert ("title", "team-queues: caught; other: survived; third: unsupported") in attributes
    sound = replace(report, kill_matrix=(caught, report.kill_matrix[2]))
    assert ("class", "caught") in Texts(html.render(sound)).attributes


def test_written_it_is_whole_or_not_there(small_report, tmp_path):
    assert html.write(small_report, tmp_path) == tmp_path / "report.html"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == html.render(small_report)


def test_a_saved_report_is_shown_as_the_same_page(small_report, tmp_path, capsys):
    json_report.write(small_report, tmp_path)
    assert cli.main(["report", "show", str(tmp_path), "--output", "html"]) == 0
    assert capsys.readouterr().out == html.render(json_report.read(tmp_path))


def test_a_report_in_which_nothing_ran_is_a_page_too(small_report):
    empty = replace(small_report, results=(), kill_matrix=(), uncovered_limits=(), uncaught_faults=(), troubles=())
    assert "Nothing ran, and nothing run proves nothing" in html.render(empty)


def test_what_was_measured_and_what_was_noticed_for_another_reason_are_on_it(small_report):
    caught = small_report.kill_matrix[0]
    report = replace(small_report, kill_matrix=(replace(caught, cause="its peer did not come"),),
                     unseen_pairs=(Pair(behaviour="b::it_dreams", fault="sleepy"),))
    page = Texts(html.render(report))
    text = " ".join(page.texts)
    assert "lent GPUs are back after: 3.22 s (at most 30 s: back_within_s of training-a)" in text
    assert "its cause was to say" in text
    assert ("class", "failed-for-another-reason") in page.attributes
    assert "sleepy by it dreams: it was seen to catch nothing" in text
