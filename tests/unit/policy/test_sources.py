"""Where manifests come from, and what is said of what cannot be read."""

import io
import os

import pytest

from conformance.model.finding import Problem
from conformance.policy import sources
from conformance.policy.sources import Manifest, PassedOver, files, manifests, manifests_in

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: t}\n"


def test_a_folder_means_every_manifest_below_it_in_order(tmp_path):
    for name in ("b.yaml", "a.yml", "sub/c.json", ".git/d.yaml", "notes.txt", "sub/.hidden/e.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(POD)
    assert [os.path.relpath(file, tmp_path) for file in files([str(tmp_path)])] == ["a.yml", "b.yaml", "sub/c.json"]


def test_links_that_lead_in_circles_end(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yaml").write_text(POD)
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "self.yaml").symlink_to("self.yaml")
    found = list(files([str(tmp_path)]))
    assert [os.path.basename(file) for file in found] == ["self.yaml", "x.yaml"]
    (said,) = manifests(found[0], io.BytesIO())
    assert "cannot be read: Too many levels of symbolic links" in said.message


def test_patterns_are_followed_and_one_that_matches_nothing_is_told(tmp_path):
    (tmp_path / "a.yaml").write_text(POD)
    assert list(files([f"{tmp_path}/*.yaml"])) == [f"{tmp_path}/a.yaml"]
    (told,) = files([f"{tmp_path}/*.yml"])
    assert told.message == "matches no file"


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path):
    (tmp_path / "[a].yaml").write_text(POD)
    assert list(files([f"{tmp_path}/[a].yaml"])) == [f"{tmp_path}/[a].yaml"]


@pytest.mark.parametrize(("make", "said"), [
    (lambda path: None, "cannot be read: No such file"),
    (lambda path: path.write_bytes(b"a: \xff\xfe"), "is not text in UTF-8"),
    (lambda path: path.write_bytes("a: 1".encode("utf-16")), "is not text in UTF-8"),
    (os.mkfifo, "is no regular file")])
def test_what_cannot_be_read_is_named(tmp_path, make, said):
    make(tmp_path / "x.yaml")
    (found,) = manifests(str(tmp_path / "x.yaml"), io.BytesIO())
    assert said in found.message
    assert found.file.endswith("x.yaml")


def test_a_file_that_is_too_large_is_refused_with_the_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "_MIB", 10)
    (tmp_path / "x.yaml").write_bytes(b"a: 1\n" * 1000)
    (found,) = manifests(str(tmp_path / "x.yaml"), io.BytesIO())
    assert "larger than 64 MiB" in found.message


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbf" + POD.encode())
    (found,) = manifests(str(tmp_path / "x.yaml"), io.BytesIO())
    assert found.name == "Pod t/a"


def test_standard_input_is_read_and_named():
    (found,) = manifests("-", io.BytesIO(POD.encode()))
    assert found.file == "<stdin>"


def test_objects_in_a_list_keep_their_places():
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: x}\n"
    (found,) = manifests_in(text, "f")
    assert (found.kind, found.name) == ("apps/Deployment", "Deployment x")
    assert found.place(("metadata", "name")) == (6, 14)


@pytest.mark.parametrize(("text", "said"), [
    ("kind: Pod\n", "apiVersion is missing"), ("apiVersion: v1\n", "kind is missing"),
    ("apiVersion: 1\nkind: Pod\n", "apiVersion is no text"), ("apiVersion: v1\nkind: [a]\n", "kind is no text")])
def test_half_an_object_is_a_problem(text, said):
    (found,) = manifests_in(text, "f")
    assert isinstance(found, Problem)
    assert said in found.message


@pytest.mark.parametrize("text", ["a: 1\n", "- 1\n", "text\n", "5\n"])
def test_what_is_no_object_is_passed_over(text):
    assert [type(found) for found in manifests_in(text, "f")] == [PassedOver]


@pytest.mark.parametrize("metadata", ["null", "[]", "5", "{name: null}", "{generateName: job-}"])
def test_odd_metadata_still_has_a_name(metadata):
    (found,) = manifests_in(f"apiVersion: v1\nkind: Pod\nmetadata: {metadata}\n", "f")
    assert isinstance(found, Manifest)
    assert found.name in ("Pod (no name)", "Pod job-")


KUSTOMIZATION = """\
resources: [listed.yaml, base]
patches:
  - path: patch.yaml
configMapGenerator:
  - {name: c, files: [settings.json, renamed=other.json]}
"""


def names_in(folder):
    return sorted(os.path.relpath(found, folder) for found in files([str(folder)]))


def test_what_stands_beside_a_kustomization_and_is_not_listed_is_read(tmp_path):
    for name in ("listed.yaml", "patch.yaml", "settings.json", "other.json", "beside.yaml", "base/deployment.yaml",
                 "base/forgotten.yaml", "samples/one.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a: b")
    (tmp_path / "kustomization.yaml").write_text(KUSTOMIZATION)
    (tmp_path / "base" / "kustomization.yml").write_text("resources: [deployment.yaml, https://example.com/a.yaml]")
    # Rendered as a whole; base is a part of it.
    assert names_in(tmp_path) == [".", "base/forgotten.yaml", "beside.yaml", "samples/one.yaml"]


def test_a_kustomization_that_nobody_lists_is_rendered_by_itself_and_a_component_is_not(tmp_path):
    for name, text in {"": "resources: []", "overlay": "resources: []", "part": "kind: Component\nresources: [a.yaml]"}.items():
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "kustomization.yaml").write_text(text)
        (tmp_path / name / "a.yaml").write_text("a: b")
    assert names_in(tmp_path) == [".", "a.yaml", "overlay", "overlay/a.yaml"]


@pytest.mark.parametrize("text", ["", "[", "- a", "resources: 3", "resources: [null, '\\0', 'a: b']"])
def test_a_kustomization_that_says_nothing_hides_nothing(tmp_path, text):
    (tmp_path / "kustomization.yaml").write_text(text)
    (tmp_path / "a.yaml").write_text("a: b")
    assert names_in(tmp_path) == [".", "a.yaml"]
