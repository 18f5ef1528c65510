import io
import re
from dataclasses import replace

from rich.console import Console

from conformance.report.run import terminal
from conformance.requirements import requirements

EXPECTED = """\
Seatrial 0.1.0 on local cluster, trial-1, kubernetes v1.35.4, fidelity node

team-queues
  ✓ passed       a team gets its gpus.  training-a · kueue · control-plane · 2.0 s
      lent GPUs are back after: 3.22 s (at most 30 s: back_within_s of training-a)
      first token after, p99: 214 ms (1200 samples, 201 to 232 at 95%, MISSED: at most 200 ms)
  ○ disabled     nodes stop.  training-a · kueue · control-plane · 2.0 s
      it would stop a node (way out: --allow-changes)
  · unsupported  one rack.  training-a · kueue · control-plane · 2.0 s
      no component provides topology
  ✗ failed       borrowing stops at the limit.  training-a · kueue · control-plane · 2.0 s
      ClusterQueue serving-c: expected to become 16 within 30 s; saw 15
          0.00 s  0
          2.10 s  15 [0m
      again: seatrial run --platform team-queues -k 'test_b[training-a]'

drafted
  Its promises were drafted from its manifests: nobody has confirmed these promises.
  ! error        it crashes.  training-a · kueue · control-plane · 2.0 s
      KeyError: 'x'
      again: seatrial run -k it_crashes
"""

END = """\
Limits in the manifests that no promise covers:
  team-queues: ClusterQueue a: lendingLimit 8

Faults that no behaviour was seen to catch:
  unnoticed

Errors outside of any check:
  gang-training: this machine has no containerd
    way out: apt-get install containerd

Seatrial could not judge everything: mend the errors first. (1 passed, 1 disabled, 1 unsupported, 1 failed, 1 error, 61 s)
"""


def printed(report, encoding="utf-8"):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    terminal.summary(report, terminal.console(stream))
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_the_summary_is_what_a_person_acts_on(small_report):
    text = printed(small_report)
    assert text.startswith(EXPECTED)
    assert text.endswith(END)


def test_the_kill_matrix_is_a_table_and_survivors_are_named(small_report):
    lines = printed(small_report).splitlines()
    start = lines.index("Kill matrix: each behaviour on a platform with a fault")
    cells = [[cell.strip() for cell in re.split(r"\s{2,}", line.strip())] for line in lines[start:]]
    assert ["behaviour", "fault", "platform", "verdict"] in cells
    assert ["a team gets its gpus", "quota-dropped", "team-queues", "✓ caught"] in cells
    assert ["a team gets its gpus", "sleepy", "team-queues", "✗ survived"] in cells
    assert "  ✗ survived     sleepy by a team gets its gpus: survived: the behaviour passes although sleepy is there" \
        in lines


def test_what_is_not_covered_is_told(small_report):
    lines = printed(replace(small_report, results=small_report.results[:4])).splitlines()
    assert "  ✗ failed       borrowing" in lines
    assert "    not covered  topology" in lines


def cells(text, title):
    lines = text.splitlines()
    rows = [[cell.strip() for cell in re.split(r"\s{2,}", line.strip())] for line in lines[lines.index(title):]]
    return {row[0]: row[1:] for row in rows}


def test_over_several_platforms_each_requirement_is_told_for_each_of_them(small_report):
    proved = replace(small_report.results[0], platform="gang-training", requirement="gang_scheduling")
    lacking = replace(small_report.results[2], requirement="gang_scheduling")
    text = printed(replace(small_report, results=(lacking, proved, *small_report.results)))
    table = cells(text, "Requirements")
    assert table["requirement"] == ["team-queues", "gang-training", "drafted", "together"]
    assert table["gang scheduling"] == ["· unsupported", "✓ passed", "not covered", "✓ passed"]
    assert table["borrowing"] == ["✗ failed", "not covered", "not covered", "✗ failed"]
    assert table["topology"] == ["not covered"] * 4


def test_the_requirements_of_four_platforms_fit_into_plain_text(small_report):
    names = ["exercise-128-gpus", "gang-training", "pytorch-training", "team-queues"]
    results = [replace(small_report.results[2], platform=name) for name in names]
    lines = printed(replace(small_report, results=tuple(results))).splitlines()
    table = lines[lines.index("Requirements"):lines.index("Limits in the manifests that no promise covers:")]
    assert max(map(len, table)) <= terminal.PLAIN_WIDTH
    assert len([line for line in table if line.strip()]) == len(requirements()) + 3  # title, heading, line


def test_of_many_platforms_each_name_is_folded_at_its_hyphens_and_no_verdict_is(small_report):
    names = ["exercise-128-gpus", "gang-training", "pytorch-training", "team-queues", "cohort-tree"]
    results = [replace(small_report.results[2], platform=name) for name in names]
    lines = printed(replace(small_report, results=tuple(results))).splitlines()
    table = lines[lines.index("Requirements"):lines.index("Limits in the manifests that no promise covers:")]
    assert max(map(len, table)) <= terminal.PLAIN_WIDTH
    assert [line.split() for line in table[1:] if line.strip()][:2] == [
        ["exercise-128-", "pytorch-"], ["requirement", "gpus", "gang-training", "training", "team-queues", "cohort-tree", "together"]]
    verdicts = [line.count("not covered") + line.count("unsupported") for line in table]
    assert [number for number in verdicts if number] == [6] * len(requirements())


def test_what_a_platform_has_not_is_one_line_for_each_platform(small_report):
    lacking = [replace(small_report.results[2], id=f"training/x::{number}", lacks=lacks, promise=f"Number {number}.",
                       cause=f"no {lacks}")
               for number, lacks in enumerate(["pytorch-training", "promise b", "pytorch-training", "gang-scheduling"])]
    text = printed(replace(small_report, results=(*small_report.results, *lacking,
                                                  replace(lacking[0], platform="drafted"))))
    assert ("  · unsupported  4 behaviours need what this platform has not: gang-scheduling, pytorch-training, promise b\n"
            "      each of them, with its reason, is in report.json and in --output json\n") in text
    assert "  · unsupported  1 behaviour needs what this platform has not: pytorch-training\n" in text
    assert "Number" not in text
    assert "      no component provides topology\n" in text


def test_what_ran_for_nobody_is_told_without_a_name(small_report):
    lacking = replace(small_report.results[2], id="training/x::one_rack[nothing]", component="", lacks="")
    text = printed(replace(small_report, results=(lacking,)))
    assert "  · unsupported  one rack.  control-plane · 2.0 s\n" in text


def test_plain_text_has_no_colour_and_obeys_nobody(small_report):
    assert "\x1b" not in printed(small_report)


def test_a_stream_without_unicode_gets_plain_marks(small_report):
    accented = replace(small_report.results[1], cause="ClusterQueue entraînement: 15 GPUs")
    text = printed(replace(small_report, results=(accented,)), "ascii")
    assert "ClusterQueue entra?nement: 15 GPUs" in text
    assert "  x failed       borrowing stops at the limit.  training-a, kueue, control-plane, 2.0 s\n" in text


def test_long_lines_are_not_cut_where_nobody_sees_an_edge(small_report):
    long = replace(small_report.results[1], cause="x" * 500)
    assert "x" * 500 in printed(replace(small_report, results=(long,)))


def test_a_terminal_gets_colour(small_report):
    file = io.StringIO()
    terminal.summary(small_report, Console(file=file, force_terminal=True, width=100, color_system="standard"))
    assert "\x1b[32m✓ passed" in file.getvalue()
