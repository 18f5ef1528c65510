"""What a run wrote can be read again; what is no report is refused with the way out."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import cli
from conformance.errors import UsageError
from conformance.model.fidelity import Fidelity
from conformance.model.measurement import AT_LEAST, AT_MOST, Interval, Measurement, Objective
from conformance.model.outcome import Outcome
from conformance.model.report import REPORT_VERSION, Kill, Pair, Report, Result
from conformance.report.run import json as json_report

WORDS = st.text(max_size=20)
SECONDS = st.integers(0, 10**6).map(lambda ms: ms / 1000)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
MEASUREMENTS = st.builds(
    Measurement, name=WORDS, value=NUMBERS, unit=WORDS, n=st.integers(1, 9),
    interval=st.none() | st.builds(Interval, low=NUMBERS, high=NUMBERS, level=st.sampled_from([0.9, 0.95])),
    objective=st.none() | st.builds(Objective, bound=st.sampled_from([AT_MOST, AT_LEAST]), limit=NUMBERS, source=WORDS))
RESULTS = st.builds(Result, id=WORDS, promise=WORDS, platform=WORDS, component=WORDS, outcome=st.sampled_from(Outcome),
                    fidelity=st.sampled_from(Fidelity), cluster=WORDS, duration_s=SECONDS, cause=WORDS, trace=WORDS,
                    reproduce=WORDS, confirmed=st.booleans(), requirement=WORDS, lacks=WORDS,
                    measurements=st.lists(MEASUREMENTS, max_size=2).map(tuple), needs_samples=st.integers(0, 9))
KILLS = st.builds(Kill, behaviour=WORDS, fault=WORDS, platform=WORDS, outcome=st.sampled_from(Outcome), cause=WORDS,
                  word=WORDS, subject=WORDS, trace=WORDS, reproduce=WORDS)
MANY = st.lists(WORDS, max_size=2).map(tuple)
REPORTS = st.builds(Report, seatrial=WORDS, started=WORDS, duration_s=SECONDS,
                    cluster=st.dictionaries(WORDS, WORDS, max_size=3), results=st.lists(RESULTS, max_size=3).map(tuple),
                    kill_matrix=st.lists(KILLS, max_size=3).map(tuple), uncovered_limits=MANY, uncaught_faults=MANY,
                    troubles=MANY, interrupted=st.booleans(), selection=st.booleans(), unseen_pairs=st.lists(
                        st.builds(Pair, behaviour=WORDS, fault=WORDS), max_size=2).map(tuple),
                    version=st.just(REPORT_VERSION))


@settings(deadline=None)  # it is about files, not about time
@given(REPORTS)
def test_what_is_read_is_what_was_written(tmp_path_factory, report):
    folder = tmp_path_factory.mktemp("report")
    assert json_report.read(json_report.write(report, folder)) == report
    assert json_report.read(folder) == report


def test_a_field_of_a_newer_seatrial_is_passed_over_and_one_that_came_later_is_not_missed(small_report, tmp_path):
    path = json_report.write(small_report, tmp_path)
    document = json.loads(path.read_text())
    document["weather"] = "fine"
    for row in (*document["results"], *document["kill_matrix"]):
        row["weather"] = "fine"
        row.pop("lacks", None)
    path.write_text(json.dumps(document), encoding="utf-8-sig")
    assert json_report.read(path) == replace(small_report, duration_s=61.234)  # written to the millisecond


def changed(**what):
    return lambda document: json.dumps(document | what)


NO_REPORTS = {
    "nothing": (lambda document: "", "report.json: is not JSON: Expecting value: line 1 column 1 (char 0)"),
    "half": (lambda document: json.dumps(document)[:-9], "report.json: is not JSON: "),
    "deep": (lambda document: "[" * 100_000, "report.json: is not JSON: "),
    "list": (lambda document: "[]", "report.json: is no report of a run"),
    "audit": (lambda document: '{"version": 1, "seatrial": "0.1.0", "findings": []}', "report.json: is no report of a run"),
    "newer": (changed(version=3, seatrial="2.0.0"), "report.json: is a report of version 3, this Seatrial reads 2"),
    "older": (changed(version="0"), "report.json: is a report of version 0, this Seatrial reads 2"),
    "damaged": (changed(results=[{"id": "x"}]), "report.json: is damaged: $.results[0]: "),
    "no kind of ending": (changed(kill_matrix=[{"behaviour": "b", "fault": "f", "platform": "p", "outcome": "dead", "subject": "",
                                                "word": "w", "ending": "caught", "cause": "", "trace": "", "reproduce": ""}]), "report.json: is damaged: $.kill_matrix[0].outcome: 'dead'"),
}


@pytest.mark.parametrize("what", NO_REPORTS)
@pytest.mark.parametrize("command", ["show", "diff", "parity"])
def test_what_is_no_report_ends_with_2_and_the_way_out(what, command, small_report, tmp_path, capsys):
    write, said = NO_REPORTS[what]
    path = json_report.write(small_report, tmp_path)
    path.write_text(write(json.loads(path.read_text())))
    assert cli.main(["report", command, str(path), *([str(path)] if command == "diff" else [])]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    way_out = "use the Seatrial that wrote it: " if "version" in said else "give the report.json that seatrial run wrote"
    assert f"\n  way out: {way_out}" in printed.err


def test_a_file_that_is_not_there_and_one_that_is_not_text(tmp_path):
    with pytest.raises(UsageError, match="nothing: cannot be read: No such file or directory"):
        json_report.read(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"report.json: cannot be read: No such file"):
        json_report.read(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="binary: is not JSON"):
        json_report.read(tmp_path / "binary")


def test_with_a_run_in_which_nothing_ran_nothing_can_be_compared(tmp_path, capsys):
    empty = Report(seatrial="0", started="2026-11-24T02:00:00Z", duration_s=0, cluster={}, results=())
    path = str(json_report.write(empty, tmp_path))
    assert cli.main(["report", "diff", path, path]) == 2
    assert "nothing ran in it, so nothing can be compared with it\n  way out: " in capsys.readouterr().err
