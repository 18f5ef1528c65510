import json
from dataclasses import fields
from xml.etree import ElementTree

import jsonschema
import pytest

from conformance.model.measurement import Interval, Measurement, Objective
from conformance.model.outcome import Outcome
from conformance.model.report import REPORT_VERSION, Kill, Pair, Report, Result
from conformance.report.run import json as json_report
from conformance.report.run import junit
from conformance.report.run.plain import kill_of, result_of
from conformance.run.rows import Reader, Writer, kill_row, result_row


def test_the_json_report_keeps_to_its_schema(small_report, tmp_path):
    document = json.loads(json_report.write(small_report, tmp_path).read_text())
    jsonschema.Draft202012Validator.check_schema(json_report.schema())
    jsonschema.validate(document, json_report.schema())
    assert document["version"] == REPORT_VERSION
    assert document["requirements"]["borrowing"] == "failed"
    assert document["requirements"]["topology"] == "not covered"
    assert {name: rolled["quota"] for name, rolled in document["requirements_by_platform"].items()} == {
        "team-queues": "disabled", "drafted": "error"}
    assert document["summary"] == "Seatrial could not judge everything: mend the errors first."
    assert [row["outcome"] for row in document["results"]] == ["passed", "failed", "unsupported", "disabled", "error"]
    assert document["kill_matrix"][0]["fault"] == "quota-dropped"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_the_schema_describes_every_field_of_the_model():
    schema = json_report.schema()
    assert {field.name for field in fields(Report)} | {
        "summary", "requirements", "requirements_by_platform", "answers"} == set(schema["properties"])
    assert {field.name for field in fields(Result)} == set(schema["$defs"]["result"]["properties"])
    assert {field.name for field in fields(Kill)} | {"ending"} == set(schema["$defs"]["kill"]["properties"])


    for kind, name in ((Measurement, "measurement"), (Pair, "pair")):
        assert {field.name for field in fields(kind)} == set(schema["$defs"][name]["properties"])
    numbers = schema["$defs"]["measurement"]["properties"]
    assert {field.name for field in fields(Interval)} == set(numbers["interval"]["properties"])
    assert {field.name for field in fields(Objective)} == set(numbers["objective"]["properties"])
    assert {outcome.label for outcome in Outcome} == set(schema["$defs"]["outcome"]["enum"])


@pytest.mark.parametrize("change", [{"version": 1}, {"results": [{"id": "x"}]}, {"requirements": {"quota": "fine"}}])
def test_the_schema_refuses_what_is_no_report(small_report, change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json_report.as_json(small_report) | change, json_report.schema())


def test_junit_has_a_suite_for_each_platform_and_counts_right(small_report, tmp_path):
    root = ElementTree.parse(junit.write(small_report, tmp_path)).getroot()
    suites = {suite.get("name"): suite for suite in root}
    assert {name: [suite.get(key) for key in ("tests", "failures", "errors", "skipped")]
            for name, suite in suites.items()} == {
        "team-queues": ["4", "1", "0", "2"], "drafted": ["1", "0", "1", "0"],
        "team-queues with faults": ["2", "1", "0", "0"], "seatrial": ["1", "0", "1", "0"]}
    told = {one.get("name"): one.get("value") for one in suites["team-queues"][0].find("properties")}
    assert told["measured: lent GPUs are back after"] == "3.22 s (at most 30 s: back_within_s of training-a)"
    case = suites["team-queues"][1]
    assert (case.get("classname"), case.get("name")) == ("scheduling/quota",
                                                         "borrowing_stops_at_the_limit[training-a]")
    failure = case.find("failure")
    assert failure is not None
    assert failure.text
    assert failure.get("message") == "ClusterQueue serving-c: expected to become 16 within 30 s; saw 15"
    assert "2.10 s  15�[0m\nseatrial run --platform team-queues" in failure.text
    assert suites["team-queues with faults"][1].find("failure").get("message").startswith("survived:")
    assert suites["team-queues"][2].find("skipped").get("message") == "unsupported: no component provides topology"


def test_rows_survive_the_way_between_processes(small_report, tmp_path):
    writer, reader = Writer(tmp_path / "rows"), Reader(tmp_path / "rows")
    assert list(reader.new()) == []
    for result in small_report.results:
        writer.write(result_row(result))
    assert tuple(map(result_of, reader.new()))[1].trace == small_report.results[1].trace
    for kill in small_report.kill_matrix:
        writer.write(kill_row(kill))
    assert tuple(map(kill_of, reader.new())) == small_report.kill_matrix
    assert list(reader.new()) == []


def test_half_a_row_waits_for_its_other_half(tmp_path):
    file, reader = tmp_path / "rows", Reader(tmp_path / "rows")
    file.write_text('{"row": "plan", ')
    assert list(reader.new()) == []
    with file.open("a") as more:
        more.write('"count": 2}\n')
    assert list(reader.new()) == [{"row": "plan", "count": 2}]
