import json
import subprocess
import sys

import pytest

SUITE = '''
@promise()
def test_one(platform):
    """One."""

@promise(alone=False)
def test_two(platform):
    """Two."""
'''


def test_the_cluster_is_opened_once_and_closed_at_the_end(trial):
    trial.suite(SUITE)
    trial.run()
    assert trial.notes() == ["open seatrial for queues", "install queues", "close seatrial"]


def test_a_cluster_is_kept_on_demand(trial):
    trial.suite(SUITE)
    trial.run("--keep")
    assert "close seatrial" not in trial.notes()


def test_a_cluster_that_was_up_is_left_up(trial):
    trial.suite(SUITE)
    trial.run("--cluster-name", "theirs")
    assert trial.notes() == ["open theirs for queues", "install queues"]


@pytest.mark.parametrize("ending", ["raise AssertionError('no quota')", "raise SeatrialError('ours')"])
def test_what_tells_why_is_kept_before_the_cluster_goes(trial, ending):
    trial.suite(f'''
@promise()
def test_one(platform):
    """One."""
    {ending}
''')
    trial.run(kept="kept")
    assert trial.notes()[-2:] == ["collect into kept", "close seatrial"]


def test_what_tells_why_is_kept_when_the_platform_cannot_be_installed(trial):
    trial.suite(SUITE)
    assert trial.run(kept="kept", platform="unfit").ret == 3
    assert trial.notes() == ["open seatrial for unfit", "install unfit", "collect into kept", "close seatrial"]


@pytest.mark.parametrize("body", ["pass", "raise Unsupported('not here')"])
def test_nothing_is_kept_when_nothing_went_wrong(trial, body):
    trial.suite(f'''
@promise()
def test_one(platform):
    """One."""
    {body}
''')
    trial.run(kept="kept")
    assert trial.notes()[-1] == "close seatrial"
    assert not any("collect" in note for note in trial.notes())


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


def test_a_cluster_that_is_not_ready_in_time_is_our_error_with_what_was_seen(trial):
    trial.suite(SUITE)
    printed = trial.run("--cluster-name", "slow")
    assert printed.ret == 3
    (row,) = trial.rows("trouble")
    assert row["text"].splitlines() == [
        "every node is Ready: expected to become {} within 61.7 s; saw {'node-1'}", "  node-1: why"]
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
        "components": ["gpu-layer", "kueue", "training-operator", "volcano"],
        "faults": ["gang-plugin-off", "harmless", "not-applicable", "not-reversible", "quota-dropped"]}]
    assert trial.rows("plan") == [{"row": "plan", "count": 4}]
    assert [row["text"] for row in trial.rows("progress")] == ["kueue v0.19.2 is ready",
                                                               "taking cluster seatrial down"]


def test_all_workers_share_one_cluster(trial):
    trial.suite(SUITE)
    printed = trial.run("-n2", separately=True)
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
    trial.run("-n1", "--max-worker-restart", "0", "-k", "kueue", separately=True)
    (row,) = trial.rows("result")
    assert row["outcome"] == "error"
    assert "test_dies[kueue]" in row["id"]
    assert "crashed" in row["cause"]


WHO_RUNS_WHAT = '''
import os
from pathlib import Path

@pytest.fixture(autouse=True)
def who(request):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "nobody")
    with open(Path(__file__).parent.parent / "workers", "a") as file:
        file.write(f"{request.node.originalname} {worker}" + chr(10))

@promise()
@pytest.mark.parametrize("number", range(6))
def test_gpus(platform, number):
    """It takes all GPUs."""

@promise(promise="may_borrow_gpus")
@pytest.mark.parametrize("number", range(6))
def test_cohort(platform, team, number):
    """It takes what its cohort has."""

@promise(alone=False)
@pytest.mark.parametrize("number", range(20))
def test_free(platform, number):
    """It takes nothing."""
'''


# One worker is not done with all before the other has begun.
MEETING = '''
    from conformance.waiting import eventually
    seen = Path(__file__).parent.parent / "workers"
    eventually(lambda: len({line for line in seen.read_text().splitlines() if line.startswith("test_free ")}),
               becomes=2, within=30)
'''


def workers_of(trial, name):
    return {line.split()[1] for line in (trial.path / "workers").read_text().splitlines()
            if line.startswith(f"{name} ")}


def test_what_shares_a_scarce_thing_shares_a_worker(trial):
    trial.suite(WHO_RUNS_WHAT + MEETING)
    trial.run("-n2", separately=True).assert_outcomes(passed=12 + 6 + 40)
    assert len(workers_of(trial, "test_gpus")) == 1
    assert len(workers_of(trial, "test_cohort")) == 1
    assert len(workers_of(trial, "test_free")) == 2


def test_proofs_share_one_worker(trial):
    trial.suite(WHO_RUNS_WHAT)
    trial.run("-n2", "--prove", separately=True)
    assert len({worker for name in ("gpus", "cohort", "free") for worker in workers_of(trial, f"test_{name}")}) == 1


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
    assert not loaded & {"kubernetes", "grpc", "rich", "conformance.kube.api", "conformance.clusters",
                         "conformance.run.session"}
    assert "conformance.plugin" in loaded
