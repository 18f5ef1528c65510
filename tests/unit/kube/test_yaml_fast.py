"""What is read line by line is what libyaml reads, to the letter and to the column."""

import json
from pathlib import Path

import pytest

from conformance import assets
from conformance.kube import yaml, yaml_fast
from conformance.model.finding import Problem

ROOTS = ("policies", "fixtures", "reference-manifests")
FILES = sorted(file for root in ROOTS for file in assets.folder(root).rglob("*.yaml"))

USUAL = [
    "a: 1\n", "# said\n\na: 1 # said\nb:\n- x\n- w: 1\n  z: 2\nc:\n  - - 1\n    - 2\n  -\n  - k: v\n",
    "a: {b: [1, 'two', \"three\"], c: {}}\nd: []\n", "a: |\n  one\n\n    two\n# no part of it\nb: |-\n  x\n\n\nc: d\n",
    "---\na: 1\n---\n---\nb: 2\n", "a: --flag=b:c#d\nb: 'it is'\n\"c.d/e\": null\ne:\nf: ~\n", "a:\n    b: 1\nc: on\nd: 0400\n",
    "a: |\n  x\n   \n\n---\nb: 1\n", "- a\n- b\n",
]
ODD = [
    "a: &x 1\nb: *x\n", "a: !!str 1\n", "a: b\n  c\n", "a: \"x\\ty\"\n", "a: 'it''s'\n", "a: >\n  x\n", "a: |+\n  x\n\n",
    "a: 1\na: 2\n", "a:\n  b: 1\n c: 2\n", "a: b: c\n", "a:\tb\n", "1: x\n", "on: x\n", "{a: 1}\n", "a: [1,\n 2]\n",
    "a: {b, c}\n", "a: [b: c]\n", "a: 1.5\n", "<<: {a: 1}\n", "? a\n: b\n", "%YAML 1.1\n---\na: 1\n", "a: 1\n...\nb: 2\n",
    "--- a\n", "a: -\n", "- a\nb: 1\n", "a: @x\n", "a: `x`\n", "a: 'x' y\n", "a: [x] y\n", "just text\n", "a: .inf\n",
    "a: 18446744073709551615\n", "a: x\n- b\n", "  a: 1\nb: 2\n", "a: |\n\n   \n  x\n", "a: |\nb: 1\n", "é: 1\n", "a: \x85b\n",
    "a: '---\n---'\n", "a: |\n  x\n---\nb: [\n---\nc: 1\n", "a: {{ .Values.x }}\n", "a: [1, 1e400]\n", "a: x\r\nb: y\r\n",
]


def places(part, document):
    def of(mark):
        return mark and (mark.line + document.first_line, mark.column, mark.index + document.base)

    inner = part.parts.items() if isinstance(part.parts, dict) else enumerate(part.parts or ())
    return [of(part.start), of(part.end), of(part.key), part.aliased, [(step, places(one, document)) for step, one in inner]]


def said(text):
    return [str(one) if isinstance(one, Problem) else (json.dumps(one.data), places(one.part, one))
            for one in yaml.documents(text, "file.yaml")]


def paths(data, before=()):
    yield before
    yield (*before, "not there")
    yield (*before, 99, "not there")
    for step, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from paths(inner, (*before, step))


def pointed_at(text):
    return [(path, one.place(path), one.first(path)) for one in yaml.documents(text, "file.yaml")
            if not isinstance(one, Problem) for path in paths(one.data)]


def without_the_fast_reader(text, monkeypatch, said=said):
    with monkeypatch.context() as patch:
        patch.setattr(yaml_fast, "read", refusing)
        return said(text)


def refusing(*_):
    raise yaml_fast.Unknown


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-4:]))
def test_both_readers_read_our_own_files_alike(file: Path, monkeypatch):
    text = file.read_text(encoding="utf-8-sig")
    assert said(text) == without_the_fast_reader(text, monkeypatch)
    assert pointed_at(text) == without_the_fast_reader(text, monkeypatch, pointed_at)


@pytest.mark.parametrize("text", USUAL + ODD)
def test_both_readers_read_a_text_alike(text, monkeypatch):
    assert said(text) == without_the_fast_reader(text, monkeypatch)


@pytest.mark.parametrize("text", USUAL + ODD)
@pytest.mark.parametrize("after", ["---\na: 1\n", "b: 2\n", " b: 2\n", "- b\n", "  - b: 1\n", "# end"])
def test_both_readers_read_what_follows_a_text_alike(text, after, monkeypatch):
    assert said(text + after) == without_the_fast_reader(text + after, monkeypatch)
    assert pointed_at(text + after) == without_the_fast_reader(text + after, monkeypatch, pointed_at)


@pytest.mark.parametrize("text", USUAL)
def test_the_usual_form_needs_no_libyaml(text, monkeypatch):
    expected = said(text)
    monkeypatch.setattr(yaml._Builder, "documents", lambda *_: pytest.fail("libyaml was asked"))
    assert [json.dumps(one.data) for one in yaml.documents(text, "file.yaml")] == [data for data, _ in expected]


def test_most_of_our_manifests_have_the_usual_form():
    documents = [one for file in FILES for one in yaml.documents(file.read_text(encoding="utf-8-sig"), str(file))]
    usual = [one for one in documents if isinstance(one, yaml.Document) and not isinstance(one.written, yaml.Part)]
    assert len(usual) > 0.75 * len(documents)


def test_a_very_long_document_is_left_to_the_reader_that_counts_values():
    with pytest.raises(yaml_fast.Unknown):
        yaml_fast.read("- a\n" * (yaml_fast.MOST_LETTERS // 4 + 1), yaml.scalar)
