import re
from dataclasses import replace

import pytest

from conformance.report.audit import text
from conformance.report.audit.excerpt import read_lines

EXPECTED = """\
pod.yaml:4:3 warning secrets/no-plain-token
  Pod team-a/train: HF_TOKEN is written out
  4 |   value: ***
    |   ^
  instead: use secretKeyRef

pod.yaml:5:1 info gpu/image-is-pinned
  Pod team-a/train: image x has no digest
  5 | image: x
    | ^
  instead: write a | digest (--fix does it)

queues/a b.yaml:3:3 error kueue/limit-needs-a-cohort
  ClusterQueue a: borrows 8, but: 100 % of <it> | is, in no cohort
  3 |   borrowingLimit: 8
    |   ^
  refused with: must be nil when cohort is empty
  instead: name the cohort, or take it out

Could not be judged:
  bad.yaml:3:2: is not YAML: a tab
    way out: use spaces
  gone.yaml: cannot be read: No such file

Undecided, for want of facts about the cluster:
  scaling/metric-exists needs metrics (A metric is exported)
  give them: --facts FILE, or --facts cluster (metrics)

Expired waivers:
  secrets/no-plain-token for Pod old/*, until 2026-12-01, team-a: moves next week (waivers.yaml: waivers[0])

Waivers that cover nothing:
  secrets/no-plain-token for Pod old/*, until 2026-12-01, team-a: moves next week (waivers.yaml: waivers[0])

1 error, 1 warning, 1 info in 5 objects of 5 files; 2 problems, 1 undecided policy, 1 waived, 1 expired waiver, \
1 unused waiver, 2 known by the baseline, 1 stale entry of the baseline, 1 document passed over
"""


def test_a_person_reads_what_is_wrong_where_it_is_wrong(audit, policies, lines):
    assert text.render(audit, policies, lines=lines) == EXPECTED


def test_when_nothing_is_found_one_line_says_so(nothing, policies):
    assert text.render(nothing, policies) == "nothing found in 3 objects of 2 files\n"


def test_colour_is_paint_and_nothing_else(audit, policies, lines):
    painted = text.render(audit, policies, colour=True, lines=lines)
    assert "\x1b[1;31merror\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == EXPECTED


def test_a_manifest_cannot_speak_to_the_terminal(policies, alone):
    evil = alone(file="a\x1b[2J.yaml", object="Pod \x1b]0;x\x07", message="m\x9b1m\rn")
    rendered = text.render(evil, policies, lines=lambda _: ["key: \x1b[31mred"])
    assert not set(rendered) & set("\x1b\x07\x9b\r")


def test_thousands_of_findings_are_all_told_and_the_counts_come_last(policies, alone):
    one = alone()
    many = tuple(replace(one.findings[0], file=f"{number // 10:04}.yaml") for number in range(20_000))
    rendered = text.render(replace(one, findings=many, files=2000), policies, lines=lambda _: ())
    assert rendered.count(" info gpu/image-is-pinned\n") == 20_000
    assert rendered.endswith("\n0 errors, 20000 info in 1 object of 2000 files\n")


@pytest.mark.parametrize(("line", "column", "shown", "caret"), [
    ("  image: x  # why", 3, "  image: x", 2),
    ("- name: x", 3, "- name: x", 2),
    ("- - --flag=1", 5, "- - --flag=1", 4),
    ('  "image": "a, b",', 3, '  "image": "a, b"', 2),
    ("image: a:1", 1, "image: a:1", 0),
    ("nvidia.com/gpu: 8", 1, "nvidia.com/gpu: 8", 0),
    ("limits: {nvidia.com/gpu: 8, cpu: 4}", 10, "... nvidia.com/gpu: 8 ...", 4),
    ("limits: {nvidia.com/gpu: 8, cpu: 4}", 1, "limits: {...}", 0),
    ("args: [a, b]", 1, "args: [...]", 0),
    ("args: [a, b]", 11, "... b ...", 4),
    ("text: |", 1, "text: |", 0),
    ("spec:", 1, "spec:", 0),
    ("  spec: &anchor", 3, "  spec: &anchor", 2),
    ("x: '日本' #", 1, "x: '日本'", 0),
    ('{"日本": 1, "x": 2}', 11, '... "x": 2 ...', 4),
    ("\tx: 1", 2, "    x: 1", 4),
    ("x" * 500, 1, "x" * 160 + "...", 0),
])
def test_the_caret_stands_under_the_reported_part_and_the_rest_of_the_line_is_left_out(
        policies, alone, line, column, shown, caret):
    rows = text.render(alone(column=column), policies, lines=lambda _: [line]).splitlines()
    assert rows[2:4] == [f"  1 | {shown}", f"    | {' ' * caret}^"]


def test_without_its_source_a_finding_is_told_all_the_same(audit, policies):
    rendered = text.render(replace(audit, problems=()), policies, lines=lambda _: ())
    assert " |" not in rendered.replace("a | digest", "").replace("<it> |", "")
    assert "HF_TOKEN is written out" in rendered


def test_lines_are_counted_as_yaml_counts_them(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\rc: 3\n\xe2\x80\xa8d: 4")
    assert read_lines(str(file)) == ["a: 1", "b: 2", "c: 3", "", "d: 4"]
    assert read_lines("<stdin>") == ()
    assert read_lines(str(tmp_path)) == ()
    assert read_lines("a\0b") == ()
