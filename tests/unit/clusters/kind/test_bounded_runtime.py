"""The OCI runtime for machines without CAP_SYS_RESOURCE takes that out of what Docker asks for, and nothing else."""

import json
import os
import subprocess
import sys

import pytest

from conformance.clusters.kind import runtime

ASKED = {"ociVersion": "1.0.2", "process": {
    "args": ["sleep"], "oomScoreAdj": -999,
    "capabilities": {"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE", "CAP_SYS_ADMIN"], "ambient": ["CAP_SYS_RESOURCE"]}}}


def status(bounds):
    return f"Name:\tpython\nCapEff:\t{bounds}\nCapBnd:\t{bounds}\nCapAmb:\t0000000000000000\n"


@pytest.mark.parametrize(("bounds", "may"), [
    ("000001ffffffffff", True), ("000001fffeffffff", False), ("0000000001000000", True), ("0000000000000000", False)])
def test_whether_the_machine_may_give_it_is_read_from_the_bounding_set(bounds, may):
    assert runtime.may_be_given(status(bounds)) == may


def test_a_containers_process_is_asked_for_without_it():
    process = runtime.without(ASKED)["process"]
    assert process["capabilities"] == {"bounding": ["CAP_CHOWN", "CAP_SYS_ADMIN"], "ambient": []}
    assert "oomScoreAdj" not in process
    assert process["args"] == ["sleep"]
    assert runtime.without(ASKED)["ociVersion"] == "1.0.2"


def test_so_is_a_process_of_exec_which_stands_by_itself():
    assert runtime.without(ASKED["process"])["capabilities"]["bounding"] == ["CAP_CHOWN", "CAP_SYS_ADMIN"]


@pytest.mark.parametrize("process", [
    {"args": ["sleep"]}, {"args": ["sleep"], "capabilities": None}, {"args": ["sleep"], "oomScoreAdj": 0},
    {"args": ["sleep"], "oomScoreAdj": 500, "capabilities": {"bounding": ["CAP_CHOWN"]}}])
def test_what_asks_for_none_of_it_stays_as_it_is(process):
    assert runtime.without({"process": process}) == {"process": process}
    assert runtime.without(process) == process


@pytest.mark.parametrize("words", [
    ("create", "--bundle", "{}", "name"), ("create", "-b", "{}", "name"), ("--root", "/run", "create", "--bundle={}", "n")])
def test_the_bundle_is_found_however_it_is_said(tmp_path, words):
    (tmp_path / "config.json").write_text("{}")
    assert runtime.told([word.format(tmp_path) for word in words]) == [tmp_path / "config.json"]


@pytest.mark.parametrize("words", [("exec", "--process", "{}", "name"), ("exec", "-p", "{}", "n"), ("exec", "--process={}", "n")])
def test_the_process_of_exec_is_found_however_it_is_said(tmp_path, words):
    process = tmp_path / "process.json"
    process.write_text("{}")
    assert runtime.told([word.format(process) for word in words]) == [process]


def test_other_words_of_runc_touch_no_file(tmp_path):
    assert runtime.told(["--version"]) == []
    assert runtime.told(["kill", "name", "9"]) == []
    assert runtime.told(["create", "--bundle"]) == []
    assert runtime.told(["create", "--bundle", str(tmp_path / "gone")]) == []


def test_run_by_itself_it_becomes_runc(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(ASKED))
    runc = tmp_path / "runc"
    runc.write_text('#!/bin/sh\necho "$@"; cat "$3/config.json"\n')
    runc.chmod(0o755)
    done = subprocess.run([sys.executable, "-I", "-S", runtime.__file__, runc, "create", "--bundle", tmp_path, "name"],
                          capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})
    said, _, config = done.stdout.partition("\n")
    assert said == f"create --bundle {tmp_path} name"
    assert json.loads(config) == runtime.without(ASKED)
