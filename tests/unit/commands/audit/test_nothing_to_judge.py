"""An audit that judged nothing never looks like one that found nothing."""

import json

import pytest

from conformance.commands import audit as command

PLAIN = "services: {web: {image: nginx}}\n"


@pytest.mark.parametrize("stdin", ["", "\n\n", "# nothing\n", "---\n---\n"])
def test_empty_standard_input_ends_with_2_and_says_so(audit, stdin):
    told = audit("-", stdin=stdin)
    assert told.code == 2
    assert "<stdin>: is empty: there is nothing to judge" in told.out
    assert "look at what the command before the pipe says" in told.out


def test_empty_standard_input_beside_manifests_is_a_problem_too(audit, write, good):
    assert audit("-", write("good.yaml", good), stdin="").code == 2


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside manifests"])
def test_an_empty_folder_ends_with_2_and_is_named(audit, tmp_path, write, good, beside):
    (tmp_path / "rendered" / "deeper").mkdir(parents=True)
    (tmp_path / "rendered" / "NOTES.txt").write_text("x")
    told = audit("rendered", *([write("good.yaml", good)] if beside else []))
    assert told.code == 2
    assert "rendered: is a folder without manifests" in told.out


@pytest.mark.parametrize("form", command.FORMS)
def test_only_documents_that_are_no_objects_end_with_2_in_every_form(audit, write, form):
    told = audit(write("compose.yaml", PLAIN), write("empty.yaml", ""), "--output", form)
    assert told.code == 2
    assert "none of the documents is a Kubernetes object in 2 files" in told.out


def test_an_empty_file_is_nothing_to_judge(audit, write):
    told = audit(write("empty.yaml", ""))
    assert told.code == 2
    assert "there is no Kubernetes object in 1 file" in told.out


def test_what_is_no_object_beside_one_that_is_stays_passed_over(audit, write, good):
    told = audit(write("compose.yaml", PLAIN), write("good.yaml", good))
    assert told.code == 0
    assert "1 document passed over" in told.out


def test_a_hook_may_hand_over_files_without_an_object(audit, write):
    told = audit("--allow-empty", write("compose.yaml", PLAIN), "--output", "json")
    assert told.code == 0
    assert json.loads(told.out)["problems"] == []


def test_no_baseline_of_nothing_is_taken_for_one(audit, tmp_path, write):
    assert audit(write("compose.yaml", PLAIN), "--write-baseline", "known.json").code == 2
