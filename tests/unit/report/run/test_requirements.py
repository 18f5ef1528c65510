"""The requirements as data: ours, and those of Kubernetes AI Conformance that they answer in part."""

from dataclasses import replace

import pytest

from conformance import catalog
from conformance.model.requirement import Asked, Level
from conformance.report.run import json as json_report
from conformance.report.run import junit
from conformance.requirements import asked, requirements


def test_every_requirement_says_what_it_is_and_some_behaviour_answers_it():
    assert all(one.text.endswith(".") for one in requirements().values())
    assert {behaviour.requirement for behaviour in catalog.behaviours()} == set(requirements())


@pytest.mark.parametrize(("requirement", "kubernetes", "found"), [
    ("gang_scheduling", "v1.35.4", [("gang_scheduling", "1.35", Level.MUST)]),
    ("gang_scheduling", "1.33", [("gang_scheduling", "1.33", Level.MUST)]),
    ("gang_scheduling", "v1.32.9", []),
    ("gang_scheduling", "v1.99.0", []),
    ("gang_scheduling", "", []),
    ("quota", "v1.35.4", []),
    ("nobody asks", "v1.35.4", []),
])
def test_what_a_requirement_answers_depends_on_the_release(requirement, kubernetes, found):
    assert [(one.id, one.release, one.level) for one in asked(requirement, kubernetes)] == found


def test_levels_change_from_one_release_to_the_next():
    upstream = requirements()["gang_scheduling"].answers[0]
    assert upstream.area == "schedulingOrchestration"
    assert list(upstream.levels) == ["1.33", "1.34", "1.35", "1.36", "1.37"]


def test_the_report_says_what_is_answered_in_the_release_that_was_run(small_report):
    document = json_report.as_json(small_report)
    assert document["answers"]["gang_scheduling"] == [
        {"id": "gang_scheduling", "release": "1.35", "level": "MUST", "only_if": ""}]
    assert document["answers"]["quota"] == []
    gang = replace(small_report, results=(replace(small_report.results[0], requirement="gang_scheduling"),))
    told = [one.get("value") for one in junit.as_junit(gang).iter("property") if one.get("name") == "answers in part"]
    assert told == ["gang_scheduling (MUST in Kubernetes AI Conformance 1.35)"]
    assert asked("gang_scheduling", "v1.35.4") == (
        Asked(id="gang_scheduling", release="1.35", level=Level.MUST),)
