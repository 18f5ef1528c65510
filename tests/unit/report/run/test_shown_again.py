"""A report that was saved, in the forms that people read later: a terminal, a job's summary, a table in the documents."""

import io
import re
from dataclasses import replace

import pytest

from conformance import cli
from conformance.model.outcome import Outcome
from conformance.report.run import json as json_report
from conformance.report.run import markdown, parity, terminal


def test_shown_again_it_is_what_the_run_printed(small_report, tmp_path, capsys):
    json_report.write(small_report, tmp_path)
    printed = io.StringIO()
    terminal.summary(replace(small_report, duration_s=61.234), terminal.console(printed))
    assert cli.main(["report", "show", str(tmp_path)]) == 0
    assert capsys.readouterr().out == printed.getvalue()


def test_the_summary_of_a_job_has_the_verdicts_the_failures_and_the_faults(small_report, tmp_path, capsys):
    json_report.write(small_report, tmp_path)
    assert cli.main(["report", "show", str(tmp_path), "--output", "markdown"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("## Seatrial\n\n**Seatrial could not judge everything: mend the errors first.** "
                           "1 passed, 1 disabled, 1 unsupported, 1 failed, 1 error; 61 s; local cluster, trial-1, ")
    assert "| Requirement | team-queues | drafted |\n|---|---|---|\n" in said
    assert "| borrowing | ❌ failed | — not covered |\n" in said
    assert ("### ❌ borrowing stops at the limit.\n\nfailed on team-queues, training-a, kueue, control-plane: "
            "ClusterQueue serving-c: expected to become 16 within 30 s; saw 15\n\n"
            "<pre>\n    0.00 s  0\n    2.10 s  15 [0m\n"
            "seatrial run --platform team-queues -k &#x27;test_b[training-a]&#x27;\n</pre>\n") in said
    assert said.index("❗ it crashes") < said.index("❌ borrowing")
    assert "1 of 2 proofs caught their fault." in said
    assert r"- team-queues: sleepy by scheduling/quota::a\_team\_gets\_its\_gpus" in said
    assert "- gang-training: this machine has no containerd   way out: apt-get install containerd" in said


def test_no_cause_and_no_trace_is_markup(small_report):
    evil = replace(small_report.results[1], cause="</pre><script>|\n# x", trace="</pre>\n\n# y\n::error::z",
                   promise="[x](http://y) <b>")
    said = markdown.render(replace(small_report, results=(evil,)))
    assert said.count("<") == 2  # of the one <pre>
    assert "\n# " not in re.sub(r"<pre>.*?</pre>", "", said, flags=re.DOTALL)
    assert r"\[x\](http://y)" in said


def test_what_would_be_too_long_for_github_is_counted(small_report):
    long = replace(small_report.results[1], trace="x" * 10_000)
    said = markdown.render(replace(small_report, results=(long,) * 200))
    assert len(said.encode()) < 1024 * 1024
    assert re.search(r"\n\d+ more do not fit: see report.json.\n", said)


def test_a_run_in_which_nothing_ran_says_so(small_report):
    said = markdown.render(replace(small_report, results=(), kill_matrix=(), troubles=(), uncaught_faults=()))
    assert "Nothing ran, and nothing run proves nothing" in said


@pytest.fixture
def grounds(small_report):
    """The same small report from two grounds, of which the second one ends differently in one place."""
    kind = replace(small_report, cluster={**small_report.cluster, "kind": "kind"}, started="2026-11-25T08:00:00Z")
    mended = replace(kind.results[1], outcome=Outcome.PASSED, cause="")
    return small_report, replace(kind, results=(kind.results[0], mended, *kind.results[2:]), kill_matrix=())


def test_two_grounds_stand_side_by_side_with_their_days_and_versions(grounds, tmp_path, capsys):
    folders = []
    for report in grounds:
        folder = tmp_path / report.cluster["kind"]
        folder.mkdir()
        json_report.write(report, folder)
        folders.append(str(folder))
    assert cli.main(["report", "parity", *folders]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["| Ground | Kubernetes | Fidelity | Day | Seatrial |", "|---|---|---|---|---|",
                         "| local | v1.35.4 | node | 2026-11-24 | 0.1.0 |",
                         "| kind | v1.35.4 | node | 2026-11-25 | 0.1.0 |"]
    assert "| borrowing | failed (1 failed) | passed (1 passed) |" in lines
    assert "| topology | not covered | not covered |" in lines
    assert "| faults caught | 1 of 2 | not tried |" in lines
    assert "4 of 5 checks end alike, and with the same fidelity, everywhere." in lines
    assert ("| team-queues | `scheduling/quota::borrowing_stops_at_the_limit[training-a]` | failed (control-plane) | "
            "passed (control-plane) |") in lines


def test_where_all_ends_alike_no_check_is_listed(small_report):
    said = parity.render([small_report, small_report])
    assert said.endswith("\n5 of 5 checks end alike, and with the same fidelity, everywhere.\n")
    assert "| local 1 | v1.35.4 |" in said
    assert "| Requirement | local 1 | local 2 |" in said
