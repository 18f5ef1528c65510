import json
import subprocess
import sys

import pytest

SUITE = '''
@promise()
def test_one(platform):
    """One."""

@promise(alone=None)
def test_two(platform):
    """Two."""
'''


def test_the_cluster_is_opened_once_and_closed_at_the_end(trial):
    trial.suite(SUITE)
    trial.run()
    assert trial.notes() == ["open seatrial for queues", "install queues", "close seatrial"]


def test_a_cluster_is_kept_on_demand(trial):
    trial.suite(SUITE)
    trial.run("--keep-cluster")
    assert "close seatrial" not in trial.notes()


def test_a_cluster_that_was_up_is_left_up(trial):
    trial.suite(SUITE)
    trial.run("--cluster-name", "theirs")
    assert trial.notes() == ["open theirs for queues", "install queues"]


@pytest.mark.parametrize("args", [["--collect-only"], ["-k", "no_such_test"], ["--setup-plan", "-k", "nothing"]])
def test_no_cluster_is_opened_for_nothing(trial, args):
    trial.suite(SUITE)
    trial.run(*args)
    assert trial.notes() == []


def test_a_cluster_that_cannot_be_opened_is_our_error_in_one_line(trial):
    trial.suite(SUITE)
    printed = trial.run("--cluster-name", "impossible")
    assert printed.ret == 3
    assert trial.rows("trouble") == [{"row": "trouble", "text":
                                      "this machine has no containerd\n  way out: apt-get install containerd"}]
    assert "Traceback" not in printed.stdout.str() + printed.stderr.str()


def test_the_cluster_is_closed_when_the_run_is_interrupted(trial):
    trial.suite('''
@promise()
def test_one(platform):
    """One."""
    raise KeyboardInterrupt
''')
    trial.run(separately=True)
    assert trial.notes()[-1] == "close seatrial"


def test_rows_tell_the_ground_and_the_progress(trial):
    trial.suite(SUITE)
    trial.run()
    assert trial.rows("ground") == [{
        "row": "ground", "platform": "queues", "cluster": {"kind": "local", "name": "seatrial"},
        "uncovered_limits": ["ClusterQueue a: lendingLimit"], "confirmed_by": "the owner",
        "components": ["kueue", "training-operator", "volcano"],
        "faults": ["gang-plugin-off", "harmless", "not-applicable", "not-reversible", "quota-dropped"]}]
    assert trial.rows("plan") == [{"row": "plan", "count": 4}]
    assert [row["text"] for row in trial.rows("progress")] == ["kueue v0.19.2 is ready",
                                                               "taking cluster seatrial down"]


def test_all_workers_share_one_cluster(trial):
    trial.suite(SUITE)
    printed = trial.run("-n2", "--dist", "loadgroup", separately=True)
    printed.assert_outcomes(passed=4)
    notes = trial.notes()
    assert notes[:2] == ["open seatrial for queues", "install queues"]
    assert notes[-1] == "close seatrial"
    assert set(notes[2:-1]) == {"attach seatrial"}
    assert trial.verdicts() == {"one[kueue]": "passed", "one[volcano]": "passed", "two[kueue]": "passed",
                                "two[volcano]": "passed"}
    assert {row["count"] for row in trial.rows("plan")} == {4}


def test_a_worker_that_dies_leaves_an_error_and_not_silence(trial):
    trial.suite('''
import os

@promise()
def test_dies(platform):
    """It dies."""
    os._exit(1)
''')
    trial.run("-n1", "--dist", "loadgroup", "--max-worker-restart", "0", "-k", "kueue", separately=True)
    (row,) = trial.rows("result")
    assert row["outcome"] == "error"
    assert "test_dies[kueue]" in row["id"]
    assert "crashed" in row["cause"]


def test_scarce_things_make_groups(trial):
    trial.suite('''
@promise()
def test_gpus(platform):
    """It takes all GPUs."""

@promise(alone=None)
def test_free(platform):
    """It takes nothing."""

@promise(promise="may_borrow_gpus", alone="cohort")
def test_cohort(platform, team):
    """It takes what its cohort has."""

def pytest_collection_finish(session):
    pass
''')
    (trial.path / "plugin_that_looks.py").write_text('''
def pytest_collection_finish(session):
    for item in session.items:
        print("GROUP", item.name, [mark.args[0] for mark in item.iter_markers("xdist_group")])
''')
    trial.pytester.syspathinsert()
    trial.run("-p", "plugin_that_looks", "-s").stdout.fnmatch_lines_random([
        "GROUP test_gpus[[]kueue[]] [[]'gpus'[]]", "GROUP test_free[[]kueue[]] [[][]]",
        "GROUP test_cohort[[]training-a[]] [[]'cohort-all'[]]"])
    trial.run("-p", "plugin_that_looks", "-s", "--prove").stdout.fnmatch_lines_random([
        "GROUP test_free[[]kueue-quota-dropped[]] [[]'gpus'[]]"])


def test_what_shares_a_scarce_thing_shares_a_worker(trial):
    trial.suite('''
import os
from pathlib import Path

@promise()
@pytest.mark.parametrize("number", range(8))
def test_gpus(platform, number):
    """It takes all GPUs."""
    with open(Path(__file__).parent.parent / "workers", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + chr(10))
''')
    trial.run("-n2", "--dist", "loadgroup", separately=True).assert_outcomes(passed=16)
    workers = (trial.path / "workers").read_text().split()
    assert (len(workers), len(set(workers))) == (16, 1)


def test_other_tests_are_left_alone(trial):
    trial.pytester.makepyfile(test_theirs="""
        import pytest

        @pytest.fixture
        def platform():
            return "linux"

        @pytest.mark.parametrize("team", ["red", "blue"])
        def test_theirs(platform, team):
            assert platform == "linux"
    """)
    printed = trial.pytester.runpytest_inprocess(*trial.plugin)
    printed.assert_outcomes(passed=2)
    assert "seatrial:" not in printed.stdout.str()
    assert trial.notes() == []


def test_nothing_slow_is_imported_for_other_tests(tmp_path):
    (tmp_path / "test_theirs.py").write_text(
        "import json, sys\n\ndef test_theirs():\n    print('MODULES', json.dumps(sorted(sys.modules)))\n")
    done = subprocess.run([sys.executable, "-m", "pytest", "-s", "-q", "-p", "no:xdist", "-p", "no:cacheprovider",
                           "-p", "no:seatrial", "-p", "conformance.plugin", str(tmp_path)],
                          capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("MODULES")]
    loaded = set(json.loads(line.removeprefix("MODULES ")))
    assert not loaded & {"kubernetes", "grpc", "rich", "ruamel.yaml", "conformance.objects", "conformance.clusters",
                         "conformance.trial"}
    assert "conformance.plugin" in loaded
