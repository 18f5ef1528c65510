import argparse
import json
import os
import signal
import sys
import threading

import pytest

from conformance import catalog, running
from conformance.errors import UsageError

RESULT = {"row": "result", "id": "scheduling/quota::it_holds[a]", "promise": "It holds.", "platform": "p",
          "component": "kueue", "outcome": "passed", "fidelity": "node", "cluster": "c", "duration_s": 1.0,
          "cause": "", "trace": "", "reproduce": "", "confirmed": True, "requirement": "quota"}
KILL = {"row": "kill", "behaviour": "scheduling/quota::it_holds", "fault": "quota-dropped", "platform": "p",
        "outcome": "failed", "cause": "got 0"}
GROUND = {"row": "ground", "platform": "p", "cluster": {"kind": "local", "name": "c"}, "confirmed_by": "me",
          "uncovered_limits": ["lendingLimit 8"], "components": ["kueue"], "faults": ["quota-dropped", "sleepy"]}


def plan(count):
    return {"row": "plan", "count": count}


@pytest.fixture
def pretend(monkeypatch, tmp_path):
    """Return a function that runs `seatrial run` with children that write rows and end as told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "_check", lambda *_: None)

    def run(*children, args=()):
        scripts = iter(children)

        def command(*_):
            rows, code, more = next(scripts)
            script = (f"import sys, json, time, os, signal\nfile = open(sys.argv[-1], 'a')\n"
                      f"for row in {rows!r}: file.write(json.dumps(row) + chr(10)); file.flush()\n"
                      f"{more}\nsys.exit({code})")
            return [sys.executable, "-c", script]

        monkeypatch.setattr(running, "_command", command)
        parser = argparse.ArgumentParser()
        running.add_arguments(parser)
        platforms = [word for number in range(len(children)) for word in ("--platform", f"folder-{number}")]
        return running.run(parser.parse_args([*platforms, *args]))

    return run


def written():
    with open("seatrial-report/report.json") as file:
        return json.load(file)


def test_what_all_children_found_is_one_report(pretend, capsys):
    failed = {**RESULT, "platform": "q", "outcome": "failed", "cause": "ClusterQueue a: got 15"}
    code = pretend(([GROUND, plan(1), RESULT], 0, ""), ([{**GROUND, "platform": "q"}, plan(1), failed], 1, ""))
    assert code == 1
    document = written()
    assert [(row["platform"], row["outcome"]) for row in document["results"]] == [("p", "passed"), ("q", "failed")]
    assert document["uncovered_limits"] == ["p: lendingLimit 8", "q: lendingLimit 8"]
    assert document["cluster"] == {"kind": "local", "name": "c"}
    assert os.path.exists("seatrial-report/junit.xml")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["folder-0: folder-0", "1/1  ✓ passed       It holds.  a · kueue · node · 1.0 s"]
    assert "The platform does not keep its promises. (1 passed, 1 failed, 0 s)" in lines


def test_json_output_is_all_that_is_printed(pretend, capsys):
    assert pretend(([GROUND, plan(1), RESULT], 0, ""), args=["--output", "json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == written()
    assert "It holds." in printed.err


def test_a_child_that_dies_is_our_error_with_its_last_words(pretend, capsys):
    assert pretend(([], 1, "print('no disk left'); os.kill(os.getpid(), signal.SIGKILL)")) == 3
    (trouble,) = written()["troubles"]
    assert trouble.startswith("folder-0: pytest ended with -9, see seatrial-report/pytest-folder-0.log")
    assert "Seatrial could not judge everything" in capsys.readouterr().out


def test_the_last_words_of_a_child_are_kept(pretend):
    pretend(([], 7, "print('the disk is full')"))
    assert written()["troubles"][0].endswith("\n  the disk is full")


def test_a_check_without_a_verdict_is_missed(pretend):
    assert pretend(([GROUND, plan(3), RESULT], 0, "")) == 3
    assert written()["troubles"] == ["folder-0: 2 of 3 checks ended without a verdict, "
                                     "see seatrial-report/pytest-folder-0.log"]


def test_a_trouble_is_told_once(pretend):
    assert pretend(([{"row": "trouble", "text": "no containerd"}], 3, "print('no containerd')")) == 3
    assert written()["troubles"] == ["no containerd"]


def test_a_folder_where_nothing_was_selected_does_not_spoil_the_others(pretend):
    assert pretend(([], 5, ""), ([GROUND, plan(1), RESULT], 0, "")) == 0


def test_nothing_at_all_is_no_success(pretend):
    assert pretend(([], 5, ""), ([], 5, "")) == 3


def test_arguments_that_pytest_refuses_are_a_usage_error(pretend):
    with pytest.raises(UsageError, match=r"^Wrong expression passed to '-k': \($"):
        pretend(([], 4, "print('ERROR: Wrong expression passed to \\'-k\\': (')"))


@pytest.mark.parametrize(("claimed_by_nobody", "code"), [([], 0), (["elsewhere"], 0), (["sleepy"], 1)])
def test_a_fault_of_ones_own_platform_that_no_behaviour_claims_is_a_hole(pretend, monkeypatch, claimed_by_nobody, code):
    monkeypatch.setattr(catalog, "uncaught_faults", lambda: tuple(claimed_by_nobody))
    assert pretend(([GROUND, plan(2), RESULT, KILL], 0, ""), args=["--prove"]) == code
    assert written()["uncaught_faults"] == [name for name in claimed_by_nobody if name in GROUND["faults"]]


@pytest.mark.parametrize("args", [["-k", "quota"], ["--only", "scheduling"]])
def test_a_run_of_chosen_behaviours_says_nothing_about_the_other_faults(pretend, monkeypatch, args):
    monkeypatch.setattr(catalog, "uncaught_faults", lambda: ("sleepy",))
    pretend(([GROUND, plan(2), RESULT, KILL], 0, ""), args=["--prove", *args])
    assert written()["uncaught_faults"] == []


def test_faults_that_nobody_caught_are_listed_when_all_platforms_ran():
    args = argparse.Namespace(prove=True, expression=None, only=None, platform=None)
    found = running.Findings()
    for row in (GROUND, KILL):
        found.add(row)
    assert running._uncaught(args, found) == ["sleepy"]
    args.prove = False
    assert running._uncaught(args, found) == []


WAITS = ("import signal\n"
         "def told(*_):\n    open('told', 'w').close(); sys.exit(2)\n"
         "signal.signal(signal.SIGINT, told); open('ready', 'w').close()\ntime.sleep(60)")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_tells_its_child_and_writes_what_it_has(pretend, how):
    def interrupt():
        running.eventually(lambda: os.path.exists("ready"), becomes=True, within=30)
        signal.pthread_kill(threading.main_thread().ident, how)

    threading.Thread(target=interrupt).start()
    code = pretend(([GROUND, plan(2), RESULT], 0, WAITS), ([GROUND, plan(1), RESULT], 0, ""))
    assert code == 130
    assert os.path.exists("told")
    document = written()
    assert (document["interrupted"], len(document["results"]), document["troubles"]) == (True, 1, [])


def test_a_child_that_does_not_listen_is_ended_and_that_is_told(pretend, monkeypatch):
    monkeypatch.setattr(running, "STOP_WITHIN_S", 0.2)

    def interrupt():
        running.eventually(lambda: os.path.exists("ready"), becomes=True, within=30)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    deaf = "signal.signal(signal.SIGINT, signal.SIG_IGN); open('ready', 'w').close()\ntime.sleep(60)"
    assert pretend(([], 0, deaf)) == 130
    assert "take it down with: seatrial down --all" in written()["troubles"][0]


def test_a_report_folder_that_cannot_be_made_is_a_usage_error(pretend, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="the report folder file/inner cannot be made"):
        pretend(([], 0, ""), args=["--report", "file/inner"])


def command_of(*words):
    parser = argparse.ArgumentParser()
    running.add_arguments(parser)
    args = parser.parse_args(words)
    from pathlib import Path
    return running._command(args, Path("some/folder"), "trial-7")


def test_the_command_of_a_child_hands_everything_on():
    words = command_of("-k", "gang and not rack", "--only", "scheduling", "--only", "training", "-n", "3", "--keep")
    text = " ".join(words)
    assert "--pyargs conformance.suites" in text
    assert "--cluster local --cluster-name trial-7 --platform some/folder" in text
    assert words[words.index("-k") + 1] == "gang and not rack"
    assert "--only scheduling --only training" in text
    assert "-n 3 --dist loadgroup" in text
    assert "--keep-cluster" in words


def test_proofs_never_run_side_by_side():
    words = command_of("--prove", "-n", "4")
    assert "--prove" in words
    assert "-n" not in words


def test_two_runs_at_once_do_not_share_a_cluster():
    args = argparse.Namespace(cluster_name=None)
    assert running._cluster_name(args, 1, 1) == f"trial-{os.getpid()}"
    assert running._cluster_name(args, 2, 3) == f"trial-{os.getpid()}-2"
    args.cluster_name = "mine"
    assert running._cluster_name(args, 2, 3) == "mine"


def test_what_is_wrong_with_the_options_is_told_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    running.add_arguments(parser)
    with pytest.raises(UsageError, match=r"nowhere"):
        running.run(parser.parse_args(["--platform", "nowhere"]))
    with pytest.raises(UsageError, match="there is no area 'schedulling'"):
        running.run(parser.parse_args(["--only", "schedulling"]))
    assert list(tmp_path.iterdir()) == []
