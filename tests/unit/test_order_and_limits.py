"""Tests of the harness run in random order, each with a limit; behaviours in the order of the suites."""

import subprocess
from pathlib import Path

import pytest

from conformance import assets
from conformance.run import children
from conformance.run.settings import Chosen, settings

CONFTEST = Path(__file__).parents[1] / "conftest.py"
TELLS_LIMITS = """
def pytest_collection_finish(session):
    for item in session.items:
        print(item.name, [mark.args for mark in item.iter_markers("timeout")])
"""


def test_a_limit_is_that_of_the_folder_unless_the_test_says_its_own(pytester):
    pytester.makeconftest(CONFTEST.read_text() + TELLS_LIMITS)
    for folder, text in {"unit": "", "contracts/cluster": "", "contracts/parity": "",
                         "kind": "import pytest\n@pytest.mark.timeout(7)\n"}.items():
        there = pytester.path / folder
        there.mkdir(parents=True)
        (there / "test_it.py").write_text(f"{text}def test_{there.name}():\n    pass\n")
    ended = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:seatrial", "-p", "no:randomly",
                                          "--import-mode=importlib", "--collect-only", "-s")
    ended.stdout.fnmatch_lines_random(["test_unit []", r"test_cluster [[](1800,)[]]", r"test_parity [[](14400,)[]]",
                                       r"test_kind [[](7,)[]]"])


def test_the_order_can_be_had_again(pytester):
    pytester.makeconftest(CONFTEST.read_text())
    pytester.makepyfile("import pytest\n@pytest.mark.parametrize('n', range(20))\ndef test_it(n):\n    pass\n")

    def order(*options):
        ended = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:seatrial", "-v", *options)
        *_, said = [line for line in ended.outlines if line.startswith("the same order again: ")]
        return [line.split()[0] for line in ended.outlines if "PASSED" in line], said.rpartition(" ")[2]

    first, again = order()
    assert len(first) == 20
    assert order(again) == (first, again)


@pytest.mark.parametrize("workers", [0, 1])
def test_behaviours_run_in_the_order_of_the_suites_each_with_its_limit(tmp_path, workers):
    file, platform = tmp_path / "settings.json", assets.folder("reference-manifests") / "team-queues"
    file.write_text(settings({"platform": Chosen(str(platform))}).of_this_run(results=tmp_path / "rows").text())
    words = [*children._command(file, "quota", workers), "--collect-only"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    (plugins,) = [line for line in done.stdout.splitlines() if line.startswith("plugins: ")]
    assert "timeout-" in plugins
    assert "randomly-" not in plugins
