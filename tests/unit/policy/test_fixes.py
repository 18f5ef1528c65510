"""Fixes written into a text: the place, the layout, and what is refused."""

import os
import stat

import pytest

from conformance.errors import UsageError
from conformance.model.finding import Finding, Fix, PolicyClass, Severity
from conformance.policy import fixes
from conformance.policy.sources import Manifest, manifests_in

HEAD = "apiVersion: v1\nkind: Pod\n"


def spliced(body, *path, head=HEAD, **fix):
    (manifest,) = manifests_in(head + body, "f.yaml")
    after = fixes.splice(head + body, manifest, Fix(path=path, **fix))
    (again,) = manifests_in(after, "f.yaml")
    assert again.data == fixes.edited(manifest.data, path, Fix(path=path, **fix))
    assert after.startswith(head)
    return after.removeprefix(head)


@pytest.mark.parametrize(("before", "path", "value", "after"), [
    # A scalar keeps its quotes.
    ("a: 1  # why\n", ["a"], 2, "a: 2  # why\n"),
    ("a: 'x'\n", ["a"], "it's", "a: 'it''s'\n"),
    ('a: "x"\n', ["a"], "y", 'a: "y"\n'),
    ("a: x\n", ["a"], "z", "a: z\n"),
    ("a: x\n", ["a"], "true", 'a: "true"\n'),
    ("a: x\n", ["a"], "y: z", 'a: "y: z"\n'),
    ("a: x\n", ["a"], True, "a: true\n"),
    ("a: |\n  text\n\nb: 1\n", ["a"], "z", "a: z\n\nb: 1\n"),
    ("a:  # none\nb: 1\n", ["a"], 1, "a: 1  # none\nb: 1\n"),
    ("a: {b: 1, c: x}\n", ["a", "b"], 2, "a: {b: 2, c: x}\n"),
    ("a: [1, 2]\n", ["a", 1], 3, "a: [1, 3]\n"),
    # What is missing is put after the last key, at its indentation.
    ("a:\n  b: 1  # why\n  # on\nc: 2\n", ["a", "d"], 3, "a:\n  b: 1  # why\n  d: 3\n  # on\nc: 2\n"),
    ("a:\n    b:\n      - 1\nc: 2\n", ["a", "d"], {"e": [1, {"f": "g"}]},
     "a:\n    b:\n      - 1\n    d:\n      e:\n        - 1\n        - f: g\nc: 2\n"),
    ("a:\n- b: 1\n- b: 2\n", ["a", 0, "c"], 3, "a:\n- b: 1\n  c: 3\n- b: 2\n"),
    ("a: 1", ["b", "c"], 2, "a: 1\nb:\n  c: 2"),
    ("a: |+\n  text\n\n", ["b"], 2, "a: |+\n  text\n\nb: 2\n"),
    ("a: |-\n  text", ["b"], 2, "a: |-\n  text\nb: 2"),
    ("a:\nb: 1\n", ["a", "c"], 2, "a: {c: 2}\nb: 1\n"),
    ("a:\n- 1\nb: 2\n", ["a", 1], {"c": 1, "d": 2}, "a:\n- 1\n- c: 1\n  d: 2\nb: 2\n"),
    ("a: {}\n", ["a", "b"], 1, "a: {b: 1}\n"),
    ("a: []\n", ["a", 0, "x"], 1, "a: [{x: 1}]\n"),
    ("a: {b: 1, }\n", ["a", "c"], [1], "a: {b: 1, c: [1], }\n"),
    ("a: {\n  b: 1\n}\n", ["a", "c"], 2, "a: {\n  b: 1,\n  c: 2\n}\n"),
    # A whole part is written anew.
    ("a:\n  - b\n  - c\nd: 1\n", ["a"], ["c", "b"], "a:\n  - c\n  - b\nd: 1\n"),
    ("a:\n  b: 1\nd: 1\n", ["a"], [], "a: []\nd: 1\n"),
    ("a:\n- b\nd: 1\n", ["a"], {"b": 1, "c": 2}, "a:\n  b: 1\n  c: 2\nd: 1\n"),
    ("a:\n# why\n- b\nd: 1\n", ["a"], 1, "a: 1\n# why\nd: 1\n"),
    ("a: # why\n- - b\n  - c\n", ["a", 0], [], "a: # why\n- []\n"),
])
def test_a_value_is_set_at_its_place(before, path, value, after):
    assert spliced(before, *path, value=value) == after


@pytest.mark.parametrize(("before", "path", "after"), [
    ("a: 1\nb: 2  # gone too\nc: 3\n", ["b"], "a: 1\nc: 3\n"),
    ("a: 1\nb:\n  c: 2\n# on\nd: 1\n", ["b"], "a: 1\n# on\nd: 1\n"),
    ("a:\n  b: 1  # stays\nc: 1\n", ["a", "b"], "a: {}  # stays\nc: 1\n"),
    ("a:\n- b: 1\n  c: 2\n", ["a", 0, "b"], "a:\n- c: 2\n"),
    ("a:\n- b: 1\n  c: 2\n", ["a", 0, "c"], "a:\n- b: 1\n"),
    ("a:\n- b\n# on\n- c\n", ["a", 0], "a:\n# on\n- c\n"),
    ("a:\n  - b\n", ["a", 0], "a: []\n"),
    ("a: {b: 1, c: 2, d: 3}\n", ["a", "b"], "a: {c: 2, d: 3}\n"),
    ("a: {b: 1, c: 2, d: 3}\n", ["a", "d"], "a: {b: 1, c: 2}\n"),
    ("a: [b]\n", ["a", 0], "a: []\n"),
    ("a: 1\nb: 2", ["b"], "a: 1\n"),
])
def test_a_part_is_taken_out(before, path, after):
    assert spliced(before, *path, remove=True) == after


def test_windows_line_ends_stay(tmp_path):
    head = HEAD.replace("\n", "\r\n")
    assert spliced("a:\r\n  b: 1\r\nc: 2\r\n", "a", "d", value={"e": 1}, head=head) \
        == "a:\r\n  b: 1\r\n  d:\r\n    e: 1\r\nc: 2\r\n"
    assert spliced("a: 1\r\nb: 2\r\n", "a", remove=True, head=head) == "b: 2\r\n"


def test_json_stays_json():
    text = '{"apiVersion": "v1", "kind": "Pod",\n  "spec": {\n    "a": "x"\n  }}'
    (manifest,) = manifests_in(text, "f.json")
    assert fixes.splice(text, manifest, Fix(path=("spec", "b"), value={"c": ["d", None]})) == text.replace(
        '"x"', '"x",\n    "b": {"c": ["d", null]}')
    assert fixes.splice(text, manifest, Fix(path=("spec", "a"), value="y")) == text.replace('"x"', '"y"')


def test_objects_in_a_list_and_in_later_documents_are_found():
    text = ("a: [\n---\n# first\nkind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Pod, x: 1}\n"
            "---\napiVersion: v1\nkind: Pod\nx: 1\n")
    found = [part for part in manifests_in(text, "f") if isinstance(part, Manifest)]
    assert len(found) == 2
    for manifest, expected in zip(found, ("x: 2}", "x: 2\n"), strict=True):
        assert expected in fixes.splice(text, manifest, Fix(path=("x",), value=2))


@pytest.mark.parametrize(("body", "path", "fix", "why"), [
    ("a: &x {b: 1}\nc: *x\n", ["a", "b"], {"value": 2}, "anchor"),
    ("a: &x {b: 1}\nc: *x\n", ["c", "b"], {"value": 2}, "anchor"),
    ("a: &x 1\nc: *x\n", ["c"], {"remove": True}, "anchor"),
    ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", ["c", "b"], {"value": 2}, "merge"),
    ("a: &x {b: 1}\nc:\n  <<: *x\n", ["c", "d"], {"value": 2}, "merge"),
    ("a: !!str 1\n", ["a"], {"value": 2}, "tag"),
    ("a:\n  # why\n  - 1\n  # why not\n  - 2\n", ["a"], {"value": [2]}, "comment"),
    ("a: | # why\n  x\n", ["a"], {"value": "y"}, "comment"),
    ("a: 1\nb:\n  c: 1\n  # why\n  d: 1\n", ["b"], {"remove": True}, "comment"),
    ("a: 1\n", ["b"], {"remove": True}, "not there"),
    ("a: 1\n", ["b", "c"], {"remove": True}, "not there"),
    ("a: 1\n", ["a", "b"], {"value": 1}, "holds no"),
    ("a: [1]\n", ["a", 3], {"value": 1}, "beyond"),
    ("a: 1\n", ["b", 2], {"value": 1}, "beyond"),
])
def test_what_cannot_be_edited_safely_is_refused_with_the_reason(body, path, fix, why):
    with pytest.raises(fixes.Refused, match=why):
        spliced(body, *path, **fix)


def finding(manifest, path, fix, policy="x/y", fingerprint=None):
    line, column = manifest.place(path)
    return Finding(policy=policy, severity=Severity.ERROR, policy_class=PolicyClass.ADVICE, file=manifest.file,
                   line=line, column=column, object=manifest.name, path=path, message="m", remedy="r",
                   fingerprint=fingerprint or f"{policy}{manifest.name}{path}", fix=fix)


def too_many(text):
    """Find every `n` that is not 1, as a judge would; objects named `odd` are to get no 1."""
    found = []
    for part in manifests_in(text, "f.yaml"):
        if isinstance(part, Manifest):
            if part.data.get("gpus") not in (None, 1):
                found.append(finding(part, ("gpus",), Fix(path=("gpus",), value=1)))
            if part.data.get("gpus") == 1 and part.data["metadata"]["name"] == "odd":
                found.append(finding(part, ("gpus",), None, policy="x/odd"))
            if part.data.get("list"):
                found += [finding(part, ("list", index), Fix(path=("list", index), remove=True))
                          for index in range(len(part.data["list"]))]
    return sorted(found, key=lambda one: (one.line, one.column))


def manifest(name, rest):
    return f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n{rest}\n"


def test_all_that_can_be_mended_is_mended_and_the_rest_is_told():
    text = manifest("a", "gpus: 2  # two") + manifest("odd", "gpus: 3") + manifest("c", "x: &x 4\ngpus: *x") + manifest(
        "d", "list: [1, 2, 3]") + manifest("e", "gpus: 5")
    done = fixes.fixed(text, "f.yaml", too_many(text), too_many)
    assert done.after == manifest("a", "gpus: 1  # two") + manifest("odd", "gpus: 3") + manifest(
        "c", "x: &x 4\ngpus: *x") + manifest("d", "list: []") + manifest("e", "gpus: 1")
    assert {one.object for one in done.applied} == {"Pod a", "Pod d", "Pod e"}
    assert {(one.object, why.split(":")[0]) for one, why in done.refused} == {
        ("Pod odd", "would bring another finding"), ("Pod c", "is shared through an anchor")}


def test_only_what_is_asked_for_is_mended():
    text = manifest("a", "gpus: 2") + manifest("b", "gpus: 3")
    asked = too_many(text)[1:]
    done = fixes.fixed(text, "f.yaml", asked, too_many)
    assert done.after == manifest("a", "gpus: 2") + manifest("b", "gpus: 1")
    assert done.applied == tuple(asked)


def test_a_fix_that_does_not_help_is_refused():
    def stubborn(text):
        (part,) = manifests_in(text, "f.yaml")
        return [finding(part, ("gpus",), Fix(path=("gpus",), value=part.data["gpus"] + 1))]

    text = manifest("a", "gpus: 2")
    done = fixes.fixed(text, "f.yaml", stubborn(text), stubborn)
    assert done.after == text
    assert [why for _, why in done.refused] == ["does not make the finding go away"]


def test_a_finding_that_the_file_alone_does_not_show_is_told():
    text = manifest("a", "gpus: 2")
    done = fixes.fixed(text, "f.yaml", too_many(text), lambda _: [])
    assert done.after == text
    assert [why for _, why in done.refused] == ["is not found when the file is judged by itself"]


def test_thousands_of_fixes_in_one_file_take_few_rounds():
    text = "".join(manifest(f"p{number}", "gpus: 2") for number in range(1000))
    rounds = []

    def counted(text):
        rounds.append(1)
        return too_many(text)

    done = fixes.fixed(text, "f.yaml", too_many(text), counted)
    assert len(done.applied) == 1000
    assert len(rounds) <= 3


def test_the_diff_shows_what_changes_and_no_secret():
    text = (manifest("a", "gpus: 2\nenv: [{name: TOKEN, value: planted1}]")
            + "---\napiVersion: v1\nkind: Secret\nstringData:\n  a: |\n    planted2\n    planted2\n  b: 'planted3'\n"
            + manifest("b", "gpus: 3"))
    diff = fixes.unified_diff(fixes.fixed(text, "dir/f.yaml", too_many(text), too_many))
    assert "--- a/dir/f.yaml\n+++ b/dir/f.yaml\n" in diff
    assert "-gpus: 2\n+gpus: 1\n" in diff
    assert "value: ***}" in diff
    assert "planted" not in diff


def test_a_file_is_written_whole_and_keeps_its_mode_its_mark_and_its_link(tmp_path):
    file, link = tmp_path / "f.yaml", tmp_path / "link.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + "n: ü\r\n".encode())
    file.chmod(0o640)
    link.symlink_to(file)
    fixes.write(fixes.Fixed(file=str(link), before=fixes.read(str(link)), after="n: ß\r\n"))
    assert file.read_bytes() == b"\xef\xbb\xbf" + "n: ß\r\n".encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["f.yaml", "link.yaml"]


def test_a_file_that_has_changed_meanwhile_is_left_alone(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text("gpus: 2\n")
    with pytest.raises(UsageError, match="was changed while it was judged"):
        fixes.write(fixes.Fixed(file=str(file), before="gpus: 3\n", after="gpus: 1\n"))
    assert file.read_text() == "gpus: 2\n"


def test_when_writing_fails_the_file_stays_and_nothing_lies_about(tmp_path, monkeypatch):
    file = tmp_path / "f.yaml"
    file.write_text("gpus: 2\n")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        fixes.write(fixes.Fixed(file=str(file), before="gpus: 2\n", after="gpus: 1\n"))
    assert file.read_text() == "gpus: 2\n"
    assert os.listdir(tmp_path) == ["f.yaml"]
