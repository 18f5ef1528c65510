"""YAML in, data with places out: on any input, without a crash, a hang or a wrong place."""

import json
import re

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.kube import yaml as module
from conformance.kube.yaml import MAX_DEPTH, Document, documents
from conformance.model.finding import Problem


def one(text):
    (found,) = documents(text, "f.yaml")
    assert isinstance(found, Document), found
    return found


def problem(text):
    (found,) = documents(text, "f.yaml")
    assert isinstance(found, Problem), found
    return found


def test_a_place_is_that_of_the_key_and_of_the_item():
    found = one("a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n")
    assert found.place(("a", "b")) == (2, 3)
    assert found.place(("a", "c", 0)) == (4, 7)
    assert found.place(("a", "c", 1, "d")) == (5, 8)


def test_what_is_missing_is_shown_at_what_is_around_it():
    found = one("a:\n  b:\n    - name: x\n")
    assert found.place(("a", "b", 0, "limits", "cpu")) == (3, 7)
    assert found.place(("z",)) == (1, 1)
    assert found.place(("a", "b", 7)) == (2, 3)


def test_places_count_through_a_file_of_several_documents():
    first, second = documents("---\na: 1\n---\n# note\nb:\n  c: 2\n", "f")
    assert first.place(("a",)) == (2, 1)
    assert second.place(("b", "c")) == (6, 3)


def test_places_are_right_after_a_broken_document():
    first, broken, last = documents("a: 1\n---\nb: [\n---\nc:\n  d: 1\n", "f")
    assert first.data == {"a": 1}
    assert (broken.line, "is not YAML" in broken.message) == (4, True)
    assert last.data == {"c": {"d": 1}}
    assert last.place(("c", "d")) == (6, 3)


def test_merge_keys_fill_in_and_aliases_stand_for_what_they_name():
    found = one("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\ne: [*x]\n")
    assert found.data == {"a": {"b": 1, "c": 2}, "d": {"c": 3, "b": 1}, "e": [{"b": 1, "c": 2}]}
    assert found.part.inner("e").inner(0).aliased
    assert found.part.inner("d").inner("b") is None
    assert one('{"<<": 1, "a": 2}').data == {"<<": 1, "a": 2}


@pytest.mark.parametrize(("text", "line", "column", "said"), [
    ("a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' twice"),
    ("on: 1\ntrue: 2\n", 2, 1, "the key 'true' twice"),
    ("a:\n\tb: 1\n", 2, 1, "is not YAML"),
    ("a: &x [*x]\n", 1, 8, "alias *x"),
    ("a: *nobody\n", 1, 4, "alias *nobody"),
    ("? [a, b]\n: 1\n", 1, 3, "a key that is no text"),
    ("a: {<<: 1}\n", 1, 9, "merges"),
    ("a: {{ .Values.gpus }}\n", 1, 5, "Helm template"),
    ("a:\n{{- if .x }}\n  b: 1\n{{- end }}\n", 3, 3, "Helm template"),
    ("a: 1\nb: \x07\n", 2, 0, "control characters"),
    ("a: [1, 2\nb: 3\n", 2, 2, "is not YAML")])
def test_what_cannot_be_judged_is_named_with_its_place(text, line, column, said):
    found = problem(text)
    assert (found.line, found.column) == (line, column), found
    assert said in found.message


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 5_000 + "a", "{a: " * 50_000, "a:\n" + "".join(
    " " * depth + "b:\n" for depth in range(1, MAX_DEPTH + 5))], ids=["brackets", "dashes", "braces", "indents"])
def test_nesting_without_end_is_an_error_and_not_a_crash(text):
    assert f"deeper than {MAX_DEPTH} levels" in problem(text).message


def test_a_bomb_of_aliases_is_an_error_and_not_all_memory():
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    assert f"{module.MAX_VALUES:,} values" in problem("\n".join(rows)).message


def test_windows_line_ends_and_other_letters_count_as_people_count():
    found = one("a: 1\r\nb:\r\n  ключ: значение\r\n  c: 2\r\n")
    assert found.data == {"a": 1, "b": {"ключ": "значение", "c": 2}}
    assert found.place(("b", "c")) == (4, 3)


def test_empty_documents_are_none():
    assert list(documents("", "f")) == []
    assert list(documents("---\n---\n# nothing\n", "f")) == []


# PyYAML writes `0E0` without quotes, which is text to itself alone, and reads other line ends as blanks.
words = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Nd"])
leaves = st.none() | st.booleans() | st.integers(-10**9, 10**9) | st.text(words, max_size=8) | st.sampled_from(
    ["on", "yes", "0x1", "~", "1:30", "{{", "*a", "&b", "- x", "# c", "'", '"', "\n", " "])
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
    st.text(words, min_size=1, max_size=8), inner, max_size=4), max_leaves=20)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(trees)
def test_json_comes_back_as_it_went_in(tree):
    found = list(documents(json.dumps(tree), "f.json"))
    assert [document.data for document in found] == ([] if tree is None else [tree])


class Dumper(yaml.SafeDumper):
    """Quotes also what PyYAML takes for text, and kubectl for true and false."""


Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^[yYnN]$"), [*"yYnN"])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(trees, st.booleans())
@example({"Y": None, "a": "n"}, False)
def test_yaml_comes_back_as_it_went_in_and_every_part_has_a_place_inside_the_file(tree, flow):
    text = yaml.dump(tree, Dumper=Dumper, default_flow_style=flow, allow_unicode=True)
    lines = text.split("\n")
    for document in documents(text, "f.yaml"):
        assert document.data == tree
        for path in paths(tree):
            line, column = document.place(path)
            assert 1 <= line <= len(lines)
            assert 1 <= column <= len(lines[line - 1]) + 1


def paths(tree, path=()):
    yield path
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, inner in steps:
        yield from paths(inner, (*path, step))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("abk: -[]{}&*<>|?!%@`'\"\n\t#,01.~"), max_size=60))
def test_any_text_ends_in_documents_or_problems(text):
    for found in documents(text, "f"):
        assert isinstance(found, Document | Problem)
        if isinstance(found, Document):
            json.dumps(found.data)  # plain data, and no more than that
