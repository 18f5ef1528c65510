"""What the chore that runs Kubernetes' conformance tests makes of their reports."""

import importlib.util
import json
from pathlib import Path

import pytest

from conformance.errors import SeatrialError

GROUND = {"kubernetes": "v1.35.4", "container_runtime": "containerd://2.4.2", "runc": "runc version 1.1.5", "kernel": "6.1",
          "cgroups": "cgroup v2", "cpus": "2", "day": "29 November 2026", "time": "2026-11-29T02:00:00", "seatrial": "0.1.0"}


@pytest.fixture
def chore(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location(
        "kubernetes_conformance", Path(__file__).parents[3] / "scripts" / "kubernetes_conformance.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    (tmp_path / "results").mkdir()
    return module


def went(chore, part, *failed, tests=10, **ground):
    chore.record(part).write_text(json.dumps({"tests": tests, "failed": failed, "took_s": 61, "processes": 6,
                                              "ground": GROUND | ground}))


def test_the_tests_that_it_runs_are_of_the_kubernetes_that_is_run(chore, monkeypatch):
    assert chore.kubernetes() == "v1.35.4"
    monkeypatch.setitem(chore.PROGRAMS, "kubelet", type("Newer", (), {"version": "v1.99.0"}))
    with pytest.raises(SeatrialError, match="no tests of Kubernetes v1.99.0"):
        chore.kubernetes()


def test_no_page_where_nothing_was_run_whole(chore):
    assert chore.page() is None


def test_a_page_says_what_was_run_what_failed_and_what_was_not_run(chore):
    went(chore, "parallel", "some test (failed)", tests=406)
    text = chore.page()
    assert "405 of the 406 conformance tests of Kubernetes 1.35.4 that were run" in text
    assert "- some test (failed)" in text
    assert "Not run: the parts slow, serial, disruptive." in text
    assert "No test failed" not in text


def test_when_all_parts_passed_nothing_is_said_to_be_missing(chore):
    for part in chore.PARTS:
        went(chore, part)
    text = chore.page()
    assert "40 of the 40" in text
    assert "No test failed" in text
    assert "Not run:" not in text


def test_parts_of_different_versions_are_no_page(chore):
    went(chore, "parallel")
    went(chore, "slow", container_runtime="containerd://2.5.0")
    with pytest.raises(SeatrialError, match="different versions"):
        chore.page()


def test_tests_that_the_filter_left_out_are_told_apart_and_set_up_is_no_test(chore):
    report = [{"SpecReports": [
        {"LeafNodeType": "It", "ContainerHierarchyTexts": ["[sig-node] Pods"], "LeafNodeText": "run", "State": "passed"},
        {"LeafNodeType": "It", "ContainerHierarchyTexts": None, "LeafNodeText": "wait", "State": "skipped"},
        {"LeafNodeType": "SynchronizedBeforeSuite", "ContainerHierarchyTexts": None, "LeafNodeText": "", "State": "passed"},
    ]}, {"SpecReports": None}]
    assert list(chore.specs(report)) == [("[sig-node] Pods run", "passed"), ("wait", "skipped")]
