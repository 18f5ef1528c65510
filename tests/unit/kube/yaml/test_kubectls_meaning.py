"""One meaning of YAML: ours is held against the code that kubectl reads manifests with, run here."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.builds import catalogue as builds
from conformance.folder import read as folder
from conformance.kube import api, yaml
from conformance.model.finding import Problem
from conformance.policy import sources

Kubectl = Callable[[str], tuple[list[Any], str]]
BIG = 2**63

VALUES: list[tuple[str, Any]] = [
    ("0400", 256), ("0o400", 256), ("0O17", 15), ("0777", 511), ("-010", -8), ("08", 8), ("0_8", 8), ("0o8", "0o8"),
    ("0x1F", 31), ("0X1f", 31), ("-0x10", -16), ("0b11", 3), ("0B11", 3), ("0b+1", 1), ("0b2", "0b2"), ("0x", "0x"),
    ("on", True), ("yes", True), ("y", True), ("Y", True), ("TRUE", True), ("Off", False), ("no", False), ("n", False),
    ("N", False), ("tRUE", "tRUE"), ("nO", "nO"), ("~", None), ("null", None), ("NULL", None), ("nUll", "nUll"),
    ("2026-01-01", "2026-01-01"), ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"), ("1:30", "1:30"),
    ("190:20:30", "190:20:30"), ("1_000", 1000), ("1_000.5", 1000.5), ("_1", "_1"), ("1_", 1), ("-_1", -1),
    ("1e3", 1000), ("1E3", 1000), ("1e+3", 1000), ("1.", 1), ("-0", 0), ("-0.0", 0), (".5", 0.5), ("+.5", 0.5),
    (".5_0", 0.5), ("._5", "._5"), (".5e", ".5e"), ("1.5", 1.5), ("1e30", 1e30), ("1e999", "1e999"), (".5e999", ".5e999"),
    ("9223372036854775807", BIG - 1), ("9223372036854775808", float(BIG)), ("-9223372036854775808", -BIG),
    ("-9223372036854775809", -float(BIG)), ("18446744073709551615", 2.0**64), ("+18446744073709551615", 2.0**64),
    ("0xFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFF"), ("0777777777777777777777777", 7.77777777777777777777777e23),
    ("1" * 300, float("1" * 300)), ("1" * 5000, "1" * 5000), ("0x" + "f" * 5000, "0x" + "f" * 5000), ("0" * 300 + "17", 15),
    ("0b" + "1" * 63, BIG - 1), ("0b" + "1" * 64, 2.0**64), ("0b" + "1" * 65, "0b" + "1" * 65),
    ("500m", "500m"), ("=", "="), ("<<", "<<"), ("+", "+"), (".", "."), ("..", ".."), ("+-1", "+-1"), ("1٣", "1٣"),
    ("'1'", "1"), ('"true"', "true"), ("'y'", "y"), ("! yes", "yes"), ("!", ""), ("!foo yes", "yes"), ("!!map x", "x"),
    ("!!str 1", "1"), ("!!str", ""), ("!!int '1'", 1), ("!!float 1", 1), ("!!bool 'on'", True), ("!!null null", None),
    ("!!timestamp 2026-01-01", "2026-01-01"), ("!!binary aGk=", "hi"), ("!!binary |\n    aG\n    k=", "hi"),
    ("|\n    ---\n    x", "---\nx\n"), ("|-\n    x", "x"), (">\n    x\n    y\n", "x y\n"), ("a\n    b", "a b")]

DOCUMENTS: list[tuple[str, list[Any]]] = [
    ("0400: x", [{"256": "x"}]), ("n: x", [{"false": "x"}]), ("on: x", [{"true": "x"}]), ("1.10: x", [{"1.1": "x"}]),
    ("1e3: x", [{"1000": "x"}]), ("1e6: x", [{"1e+06": "x"}]), ("0.00001: x", [{"1e-05": "x"}]), (".inf: x", [{".inf": "x"}]),
    ("-.inf: x", [{"-.inf": "x"}]), (".nan: x", [{".nan": "x"}]), ("1e300: x", [{".inf": "x"}]),
    ("16777217.0: x", [{"1.6777216e+07": "x"}]), ("2026-01-01: x", [{"2026-01-01": "x"}]), ("!!str on: x", [{"on": "x"}]),
    ("? a", [{"a": None}]), ("a: &x {c: 2}\nd: {<<: *x, c: 3}", [{"a": {"c": 2}, "d": {"c": 3}}]),
    ("a: &x {c: 2}\nd: {c: 3, <<: *x}", [{"a": {"c": 2}, "d": {"c": 2}}]), ("<<: [{a: 1, b: 1}, {a: 2}]", [{"a": 1, "b": 1}]),
    ("'<<': {a: 1}", [{"<<": {"a": 1}}]), ("!!merge <<: {a: 1}", [{"a": 1}]), ("! <<: {a: 1}", [{"a": 1}]),
    ("a: &x 1\nb: *x\n*x : c", [{"a": 1, "b": 1, "1": "c"}]), ("a: 1\n---\n# none\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
    ("a: 1\n--- # why\nb: 1\n", [{"a": 1}, {"b": 1}]), ("a: 1\n---\t \nb: 1\n...\n", [{"a": 1}, {"b": 1}]),
    ("\ufeffa: 1", [{"a": 1}]), ("a: 1\n---\n\ufeffb: 1", [{"a": 1}, {"b": 1}]), ("a:\t1\t# why\n", [{"a": 1}]),
    ("a: [1,\t2]", [{"a": [1, 2]}]), ("a: 1\r\nb: 2\r\n", [{"a": 1, "b": 2}]), ("- a\n-", [["a", None]]), ("", []), ("~", []),
    ('{"a": 1.0, "b": 1e3}', [{"a": 1, "b": 1000}]), ('{"a": "\\ud83d\\ude00"}', [{"a": "😀"}]),
    ('{"a": 1}{"a": 2}\n{"a":\n3} \n', [{"a": 1}, {"a": 2}, {"a": 3}]), ('{\n\t"a": 1\n}', [{"a": 1}])]

REFUSED = ["v: .inf", "v: -.INF", "v: [.nan]", "v: !!int abc", "v: !!int 1.0", "v: !!int ''", "v: !!bool 1", "v: !!null x",
           "v: !!float abc", "v: !!timestamp x", "v: !!binary aGk", "~: 1", "null: 1", "18446744073709551615: x",
           "<<: 1", "<<: null", "a: &x [{c: 2}]\nd: {<<: *x}", "? [a]\n: 1", "a: &x {b: 1}\n*x : 1", "a: *nobody", "a: &x [*x]",
           "a:\n\tb: 1", "-\ta",
           "a: >-\n\tx", 'v: "\\ud800"', "a: [", '{"a": 1}{"b": ']
"""What kubectl refuses, and we with it."""

STRICTER = ["a: 1\na: 2", '{"a": 1, "a": 2}', "on: 1\n'true': 2", "a: 1\n...\nb: 2", "'a' b", "v: !!binary /w=="]
"""What kubectl reads, and loses a part without a word."""


MILDER = ["--- {a: 1}", "--- |\n a", "%YAML 1.1\n---\na: 1", "%YAML 1.2\n---\na: 1"]
"""What kubectl refuses for its form; it has one meaning, and that is read."""


def ours(text: str) -> tuple[list[Any], str]:
    found = list(yaml.documents(text.removeprefix("\ufeff"), "f"))
    return ([document.data for document in found if not isinstance(document, Problem)],
            " ".join(str(document) for document in found if isinstance(document, Problem)))


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are one number there, true and 1 are not one value."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def shown(text: str) -> str:
    return repr(text if len(text) < 40 else text[:40] + "...")


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[shown(text) for text, _ in VALUES])
def test_a_value_means_what_it_means_to_kubectl(kubectl: Kubectl, text: str, value: Any) -> None:
    read, problems = ours(f"v: {text}")
    assert (read, problems) == ([{"v": value}], "")
    assert type(read[0]["v"]) is type(value)
    said, why = kubectl(f"v: {text}")
    assert same(said, read), (said, why)


@pytest.mark.parametrize(("text", "documents"), DOCUMENTS, ids=[shown(text) for text, _ in DOCUMENTS])
def test_documents_are_what_they_are_to_kubectl(kubectl: Kubectl, text: str, documents: list[Any]) -> None:
    assert ours(text) == (documents, "")
    said, why = kubectl(text)
    assert same(said, documents), (said, why)
    assert not why


@pytest.mark.parametrize("text", REFUSED, ids=shown)
def test_what_kubectl_refuses_is_refused_with_its_place(kubectl: Kubectl, text: str) -> None:
    assert kubectl(text)[1]
    assert ours(text)[1].startswith("f:")


@pytest.mark.parametrize("text", STRICTER, ids=shown)
def test_what_kubectl_loses_in_silence_is_refused_here(kubectl: Kubectl, text: str) -> None:
    assert not kubectl(text)[1]
    assert ours(text)[1].startswith("f:")


@pytest.mark.parametrize("text", MILDER, ids=shown)
def test_what_has_one_meaning_is_read_though_kubectl_refuses_its_form(kubectl: Kubectl, text: str) -> None:
    assert kubectl(text)[1]
    assert ours(text) in (([{"a": 1}], ""), (["a\n"], ""))


words = st.text(st.sampled_from("0123456789__+-..eExXoObBafFAyYnN:~<="), min_size=1, max_size=8)
numbers = st.builds(str.__add__, st.sampled_from(["0x", "0b", "0o", "0", "-0", "+0", "1", "9", "-9", ".", "1.", "-0x", "0B"]),
                    st.text(st.sampled_from("01234567899_eE+-.abf"), max_size=24))
texts = st.text(st.sampled_from("abk: -[]{}&*<>|?!%@`'\"\n\t#,01.~"), max_size=60)
looks = settings(max_examples=1000, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def agree(kubectl: Kubectl, text: str) -> bool:
    """Where both read a text, they read the same; say whether kubectl reads what we do."""
    read, problems = ours(text)
    said, why = kubectl(text)
    assert problems or why or same(said, read), text
    return bool(problems or not why)


@looks
@given(words | numbers)
def test_any_word_and_any_number_means_the_same(kubectl: Kubectl, text: str) -> None:
    assert agree(kubectl, f"v: {text}\n")
    assert agree(kubectl, f"v: '{text}'\nw: !!str {text}\n")


@looks
@given(words)
def test_any_key_means_the_same(kubectl: Kubectl, text: str) -> None:
    assert agree(kubectl, f" {text}: x\n")  # at the start of a line kubectl takes ---x for the end of a document


@looks
@given(texts)
def test_any_text_that_both_read_is_the_same(kubectl: Kubectl, text: str) -> None:
    agree(kubectl, text)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1) | st.floats(-2**53, 2**53) | words | st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8), lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(words, inner, max_size=4), max_leaves=12))
def test_what_we_write_kubectl_reads_back(kubectl: Kubectl, data: Any) -> None:
    written = yaml.written({"v": data})
    assert same(ours(written)[0], [{"v": data}]), written
    assert same(kubectl(written)[0], [{"v": data}]), written


MODES = """\
apiVersion: v1
kind: Pod
metadata: {name: modes, labels: {on: "off"}, annotations: {day: 2026-01-01}}
spec:
  automountServiceAccountToken: no
  containers: [{name: a, image: a, stdin: y}]
  volumes: [{name: s, secret: {secretName: s, defaultMode: 0400}}]
"""


def test_a_run_an_audit_and_kubectl_take_the_same_object_from_a_file(kubectl: Kubectl, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(MODES)
    component = f"{{name: kueue, version: {builds.version('kueue')}}}"
    (tmp_path / "platform.yaml").write_text(
        f"seatrial: 1\ndescription: d\ncomponents: [{component}]\nmanifests: [pod.yaml]\n")
    (run,) = folder.load(tmp_path).manifests
    (audit,) = sources.manifests(str(tmp_path / "pod.yaml"), stdin=io.BytesIO())
    assert isinstance(audit, sources.Manifest)
    (applied,) = api.load(tmp_path / "pod.yaml")
    assert kubectl(MODES) == ([run.object], "")
    assert run.object == audit.data == applied == json.loads(json.dumps(applied))
    assert run.object["spec"]["volumes"][0]["secret"]["defaultMode"] == 0o400
    assert run.where("spec", "volumes", 0, "secret", "defaultMode") == f"{tmp_path / 'pod.yaml'}:7:47"
    assert audit.place(("spec", "volumes", 0, "secret", "defaultMode")) == (7, 47)
