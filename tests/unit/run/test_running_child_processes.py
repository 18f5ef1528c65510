import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conformance import assets, catalog
from conformance.commands import run as command_run
from conformance.errors import SeatrialError, UsageError
from conformance.model.report import Pair
from conformance.run import children
from conformance.run.settings import Chosen, add_options, chosen_by, read, settings
from conformance.waiting import eventually

RESULT = {"row": "result", "id": "scheduling/quota::it_holds[a]", "promise": "It holds.", "platform": "p",
          "component": "kueue", "outcome": "passed", "fidelity": "node", "cluster": "c", "duration_s": 1.0,
          "cause": "", "trace": "", "reproduce": "", "confirmed": True, "requirement": "quota"}
KILL = {"row": "kill", "behaviour": "scheduling/quota::it_holds", "fault": "quota-dropped", "platform": "p",
        "outcome": "failed", "word": "got 0", "cause": "team a got 0"}
GROUND = {"row": "ground", "platform": "p", "cluster": {"kind": "local", "name": "c"}, "confirmed_by": "me",
          "uncovered_limits": ["lendingLimit 8"], "components": ["kueue"], "faults": ["quota-dropped", "sleepy"]}


def plan(count):
    return {"row": "plan", "count": count}


@pytest.fixture
def pretend(monkeypatch, tmp_path):
    """Return a function that runs `seatrial run` with children that write rows and end as told."""
    monkeypatch.chdir(tmp_path)

    def run(*pretended, args=(), checks=None, contradictions=(), named=True):
        scripts = {f"folder-{number}": child for number, child in enumerate(pretended)}

        def planned(args):
            chosen = chosen_by(args)
            found = [settings({**chosen, "platform": Chosen(folder)}) for folder in args.platform or scripts]
            return [children.Planned(settings=one, checks=count, contradictions=tuple(contradictions))
                    for one, count in zip(found, checks or [1] * len(found), strict=True)]

        def command(file, *_):
            handed = read(file)
            rows, code, more = scripts[handed.platform.name]
            script = (f"import sys, json, time, os, signal\nfile = open({str(handed.results)!r}, 'a')\n"
                      f"for row in {rows!r}: file.write(json.dumps(row) + chr(10)); file.flush()\n"
                      f"{more}\nsys.exit({code})")
            return [sys.executable, "-c", script]

        monkeypatch.setattr(command_run, "_planned", planned)
        monkeypatch.setattr(children, "_command", command)
        parser = argparse.ArgumentParser()
        command_run.add_arguments(parser)
        platforms = [word for number in range(len(pretended)) for word in ("--platform", f"folder-{number}") if named]
        return command_run.run(parser.parse_args([*platforms, *args]))

    return run


def written():
    with open("seatrial-report/report.json") as file:
        return json.load(file)


def test_what_all_children_found_is_one_report(pretend, capsys):
    failed = {**RESULT, "platform": "q", "outcome": "failed", "cause": "ClusterQueue a: got 15"}
    code = pretend(([GROUND, plan(1), RESULT], 0, ""), ([{**GROUND, "platform": "q"}, plan(1), failed], 1, ""),
                   args=["-n", "1"])
    assert code == 1
    document = written()
    assert [(row["platform"], row["outcome"]) for row in document["results"]] == [("p", "passed"), ("q", "failed")]
    assert document["uncovered_limits"] == ["p: lendingLimit 8", "q: lendingLimit 8"]
    assert document["cluster"] == {"kind": "local", "name": "c"}
    assert os.path.exists("seatrial-report/junit.xml")
    assert os.path.exists("seatrial-report/report.html")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["folder-0: folder-0", "1/1  ✓ passed       It holds.  a · kueue · node · 1.0 s"]
    assert any(re.fullmatch(r"The platform does not keep its promises\. \(1 passed, 1 failed, \d+ s\)", line)
               for line in lines)
    assert lines[-1] == "The report is seatrial-report/report.html, and as data beside it: report.json, junit.xml"


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
    assert pretend(([], 5, ""), ([], 5, "")) == 4


def test_nothing_proved_is_no_success_until_that_is_allowed(pretend, capsys):
    cannot = {**RESULT, "outcome": "unsupported", "cause": "no racks"}
    assert pretend(([GROUND, plan(1), cannot], 0, "")) == 4
    assert "nothing was proved either: no success, unless --allow-unproved says so." in capsys.readouterr().out
    assert pretend(([GROUND, plan(1), cannot], 0, ""), args=["--allow-unproved"]) == 0
    assert pretend(([GROUND, plan(1), {**RESULT, "outcome": "failed"}], 0, ""), args=["--allow-unproved"]) == 1


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


CLAIMED = [("scheduling/quota::it_holds", "quota-dropped"), ("scheduling/quota::it_holds", "sleepy"),
           ("scheduling/gang::it_dreams", "quota-dropped")]


@pytest.fixture
def claimed(monkeypatch):
    monkeypatch.setattr(catalog, "claims", lambda: tuple(Pair(behaviour=one, fault=fault) for one, fault in CLAIMED))
    monkeypatch.setattr(catalog, "faults", lambda: {"quota-dropped": None, "sleepy": None, "elsewhere": None})


def shipped(pretend, monkeypatch, *rows, args=()):
    """Run all shipped platforms, which is one here; return exit code and report."""
    monkeypatch.setattr(assets, "folder", lambda _: Path("."))
    Path("folder-0").mkdir(exist_ok=True)
    Path("folder-0/platform.yaml").touch()
    code = pretend(([GROUND, plan(2), RESULT, *rows], 0, ""), args=["--prove", *args], named=False)
    return code, written()


def test_a_claim_that_is_seen_nowhere_fails_a_run_of_all_platforms(claimed, pretend, monkeypatch, capsys):
    code, report = shipped(pretend, monkeypatch, KILL)
    assert code == 1
    assert [(pair["behaviour"], pair["fault"]) for pair in report["unseen_pairs"]] == CLAIMED[1:]
    assert report["uncaught_faults"] == ["elsewhere", "sleepy"]
    said = capsys.readouterr().out
    assert "Claims that were seen on no platform:\n  sleepy by it holds\n  quota-dropped by it dreams\n" in said
    assert "Behaviours that were seen to catch nothing:\n  scheduling/gang::it_dreams\n" in said


def test_all_claims_seen_is_success(claimed, pretend, monkeypatch):
    monkeypatch.setattr(catalog, "faults", lambda: {"quota-dropped": None, "sleepy": None})
    seen = [{**KILL, "behaviour": behaviour, "fault": fault} for behaviour, fault in CLAIMED]
    code, report = shipped(pretend, monkeypatch, *seen)
    assert (code, report["unseen_pairs"], report["uncaught_faults"], report["selection"]) == (0, [], [], False)
    # The same, but one of them was noticed for another reason.
    code, report = shipped(pretend, monkeypatch, *seen[:2], {**seen[2], "cause": "its peer did not come"})
    assert code == 1
    assert len(report["unseen_pairs"]) == 1


def test_in_a_selection_claims_that_were_not_seen_are_counted_and_no_failure(claimed, pretend, monkeypatch, capsys):
    code, report = shipped(pretend, monkeypatch, KILL, args=["-k", "holds"])
    assert (code, report["selection"], len(report["unseen_pairs"])) == (0, True, 2)
    assert "1 of 3 claims (a behaviour catches a fault) were seen in this selection." in capsys.readouterr().out


def test_without_proofs_nothing_is_said_about_claims(claimed):
    args = argparse.Namespace(prove=False, expression=None, only=None, platform=None)
    assert command_run._claims(args, children.Collected()) == children.Claims()


def waits(name):
    """Return a script that waits to be told to stop, and tells that it was."""
    return ("def told(*_):\n"
            f"    open('told-{name}', 'w').close(); sys.exit(2)\n"
            f"signal.signal(signal.SIGINT, told); open('ready-{name}', 'w').close()\n"
            "time.sleep(60)")  # far longer than it takes to be told: it is not meant to end by itself


def interrupt_when(*files, how=signal.SIGINT):
    def interrupt():
        eventually(lambda: all(map(os.path.exists, files)), becomes=True, within=30)
        signal.pthread_kill(threading.main_thread().ident, how)

    threading.Thread(target=interrupt).start()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_tells_its_child_and_writes_what_it_has(pretend, how):
    interrupt_when("ready-a", how=how)
    code = pretend(([GROUND, plan(2), RESULT], 0, waits("a")), ([GROUND, plan(1), RESULT], 0, ""), args=["-n", "1"])
    assert code == 130
    assert os.path.exists("told-a")
    document = written()
    assert (document["interrupted"], len(document["results"]), document["troubles"]) == (True, 1, [])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_tells_all_children_that_run_and_starts_no_more(pretend, how):
    interrupt_when("ready-a", "ready-b", how=how)
    code = pretend(([GROUND, plan(2), RESULT], 0, waits("a")),
                   ([GROUND, plan(2), {**RESULT, "platform": "q"}], 0, waits("b")),
                   ([], 0, "open('third', 'w')"), args=["-n", "2"])
    assert code == 130
    assert sorted(name for name in os.listdir() if name in ("told-a", "told-b", "third")) == ["told-a", "told-b"]
    document = written()
    assert (document["interrupted"], len(document["results"]), document["troubles"]) == (True, 2, [])


def test_a_run_that_is_interrupted_while_a_child_starts_ends_that_child(pretend, monkeypatch):
    started = []

    class Popen(subprocess.Popen):
        def __init__(self, *args, **more):
            super().__init__(*args, **more)
            started.append(self)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    assert pretend(([], 0, waits("a"))) == 130
    assert [process.poll() is None for process in started] == [False]


# It outlasts the limit of 0.2 s that it is given, and is not meant to end by itself.
DEAF = "signal.signal(signal.SIGINT, signal.SIG_IGN); open('ready-deaf', 'w').close()\ntime.sleep(60)"


@pytest.mark.parametrize(("args", "told"), [
    ([], f"folder-0: it was cut short; its cluster may still be up: seatrial down --cluster local --name "
     f"trial-{os.getpid()}-1"),
    (["--cluster", "existing", "--context", "a", "--allow-changes", "mine-"],
     "folder-0: it was cut short; what it made on the cluster may still be there: "
     "seatrial down --cluster existing --context a --prefix mine-"),
], ids=["local", "existing"])
def test_a_child_that_does_not_listen_is_ended_and_that_is_told(pretend, monkeypatch, args, told):
    monkeypatch.setattr(children, "STOP_WITHIN_S", 0.2)
    local = not args
    interrupt_when("ready-deaf", *(["ready-b"] if local else []))
    assert pretend(([], 0, DEAF), ([], 0, waits("b")), args=["-n", "2", *args]) == 130
    assert os.path.exists("told-b") == local
    assert written()["troubles"] == [told]


def test_platforms_run_side_by_side_and_every_line_says_whose_it_is(pretend, capsys):
    def meets(mine, other):  # each ends only when it has seen the other: a bounded wait for a state
        return (f"open('{mine}', 'w').close()\nend = time.monotonic() + 30\n"
                f"while not os.path.exists('{other}'):\n    assert time.monotonic() < end\n    time.sleep(0.01)")

    progress = {"row": "progress", "text": "kueue is ready"}
    assert pretend(([GROUND, progress, plan(12), *([RESULT] * 12)], 0, meets("a", "b")),
                   ([GROUND, plan(1), {**RESULT, "platform": "q"}], 0, meets("b", "a")), args=["-n", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "folder-0    kueue is ready" in lines
    assert "folder-0   2/12  ✓ passed       It holds.  a · kueue · node · 1.0 s" in lines
    assert "folder-1  1/1  ✓ passed       It holds.  a · kueue · node · 1.0 s" in lines


def test_the_longest_platform_starts_first(pretend, capsys):
    def found(platform):
        return [GROUND, plan(1), {**RESULT, "platform": platform}], 0, ""

    pretend(found("p"), found("q"), found("r"), checks=[3, 7, 5], args=["-n", "1"])
    assert [row["platform"] for row in written()["results"]] == ["q", "r", "p"]


def test_a_child_that_dies_does_not_disturb_the_other_one(pretend):
    rows = [GROUND, plan(1), RESULT]
    assert pretend(([], 1, "os.kill(os.getpid(), signal.SIGKILL)"), (rows, 0, ""), args=["-n", "2"]) == 3
    document = written()
    assert len(document["results"]) == 1
    assert document["troubles"][0].startswith("folder-0: pytest ended with -9")


def test_a_usage_error_of_one_stops_the_others_first(pretend):
    # A bounded wait for a state: it refuses once the other one has begun.
    refuses = ("end = time.monotonic() + 30\n"
               "while not os.path.exists('ready-b'):\n    assert time.monotonic() < end\n    time.sleep(0.01)\n"
               "print('ERROR: no such option')")
    with pytest.raises(UsageError, match=r"^no such option$"):
        pretend(([], 4, refuses), ([], 0, waits("b")), args=["-n", "2"])
    assert os.path.exists("told-b")


def test_folders_of_one_name_have_logs_of_their_own():
    from pathlib import Path
    assert children._labels([Path("a/x"), Path("b/x"), Path("b/y"), Path()]) == ["x-1", "x-2", "y", Path.cwd().name]


def test_what_the_manifests_cannot_keep_is_told_before_the_run_and_does_not_stop_it(pretend, capsys):
    line = "queues.yaml:7: ClusterQueue a: team a is guaranteed 9 GPUs, but nominalQuota is 8"
    assert pretend(([GROUND, plan(1), RESULT], 0, ""), contradictions=[f"{line}\x1b"]) == 0
    assert capsys.readouterr().out.splitlines()[:4] == [
        "folder-0: folder-0", "  The manifests cannot keep:", f"    {line} ",
        "1/1  ✓ passed       It holds.  a · kueue · node · 1.0 s"]


def test_a_report_folder_that_cannot_be_made_is_a_usage_error(pretend, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="the report folder file/inner cannot be made"):
        pretend(([], 0, ""), args=["--report", "file/inner"])


def settings_of(*words):
    parser = argparse.ArgumentParser()
    add_options(parser)
    return settings(chosen_by(parser.parse_args(words)))


def handed(tmp_path, *words, platforms=("p",), expression=None, workers=0):
    """Return the children that these options make, and the settings that each is handed."""
    planned = [children.Planned(settings=settings({**settings_of(*words).chosen, "platform": Chosen(one)}), checks=1,
                                contradictions=()) for one in platforms]
    made = children.children(planned, 1, workers, expression=expression, report=tmp_path / "report", scratch=tmp_path,
                             found=children.Collected(), progress=None)
    return made, [read(tmp_path / f"{number}.json") for number in range(1, len(made) + 1)]


def test_the_command_of_a_child_names_its_settings_and_what_is_pytests_own(tmp_path):
    (child,), _ = handed(tmp_path, "--prove", "--only", "scheduling", expression="gang and not rack", workers=3)
    words = child._command
    text = " ".join(words)
    assert "--pyargs conformance.suites" in text
    assert f"--seatrial-settings {tmp_path}/1.json" in text
    assert words[words.index("-k") + 1] == "gang and not rack"
    assert "-n 3 --dist loadgroup" in text
    assert [word for word in words if word in ("--prove", "--only")] == []


@pytest.mark.parametrize(("expression", "side_by_side"), [("quota", True), ("no_such_check", False)])
def test_where_an_expression_selects_nothing_no_cluster_comes_up_for_workers(tmp_path, expression, side_by_side):
    shipped = str(assets.folder("reference-manifests") / "team-queues")
    (child,), _ = handed(tmp_path, platforms=(shipped,), expression=expression, workers=3)
    assert ("-n" in child._command) is side_by_side


def test_a_child_is_handed_what_was_chosen_and_what_belongs_to_this_run(tmp_path):
    chosen = settings_of("--cluster", "kind", "--prove", "--only", "scheduling", "--only", "training", "--keep")
    _, (first, second) = handed(tmp_path, "--cluster", "kind", "--prove", "--only", "scheduling", "--only", "training",
                                "--keep", platforms=("p", "q"))
    assert (first.cluster, first.prove, first.only, first.keep) == ("kind", True, ("scheduling", "training"), True)
    assert {name: first.chosen[name] for name in chosen.chosen} == chosen.chosen
    assert (first.cluster_name, second.cluster_name) == (f"trial-{os.getpid()}-1", f"trial-{os.getpid()}-2")
    assert (str(first.platform), str(second.platform)) == ("p", "q")
    assert (first.results, first.diagnostics) == (tmp_path / "1.jsonl", tmp_path / "report" / "diagnostics" / "p")
    assert second.results == tmp_path / "2.jsonl"


def test_a_cluster_that_was_named_is_used_by_all(tmp_path):
    _, found = handed(tmp_path, "--cluster-name", "mine", platforms=("p", "q"))
    assert [one.cluster_name for one in found] == ["mine", "mine"]


def test_two_runs_at_once_do_not_share_a_cluster(tmp_path):
    _, (alone,) = handed(tmp_path)
    assert alone.cluster_name == f"trial-{os.getpid()}"


@pytest.mark.parametrize(("words", "platforms", "shares"), [
    (["-n", "2"], 1, (1, 2)),  # one platform: its behaviours side by side
    (["-n", "2"], 4, (2, 0)),  # several: the platforms
    (["-n", "3"], 4, (3, 0)),
    (["-n", "5"], 2, (2, 2)),  # more than there are platforms: both
    (["-n", "1"], 4, (1, 1)),
    (["-n", "0"], 4, (1, 0)),
    (["-n", "2", "--prove"], 4, (2, 0)),
    (["-n", "2", "--prove"], 1, (1, 0)),
    (["-n", "2", "--cluster-name", "mine"], 4, (1, 2)),
    (["-n", "2", "--cluster", "existing"], 4, (1, 2)),
    (["-n", "2", "--cluster", "existing", "--allow-changes", "mine-"], 4, (1, 0)),
])
def test_what_runs_side_by_side_are_platforms_where_each_has_its_own_cluster(words, platforms, shares):
    parser = argparse.ArgumentParser()
    command_run.add_arguments(parser)
    args = parser.parse_args(words)
    assert children.shares(settings(chosen_by(args)), args.workers, platforms) == shares


def test_before_a_run_every_folder_is_looked_at():
    from conformance import assets
    parser = argparse.ArgumentParser()
    command_run.add_arguments(parser)
    folders = [str(assets.folder("reference-manifests") / name) for name in ("pytorch-training", "gang-training")]
    args = parser.parse_args([word for folder in folders for word in ("--platform", folder)])
    few, many = command_run._planned(args)
    assert [str(one.settings.platform) for one in (few, many)] == folders
    assert 0 < few.checks < many.checks
    assert (few.contradictions, many.contradictions) == ((), ())
    assert few.settings.source("platform") == "option"
    (one,) = command_run._planned(parser.parse_args(["--only", "accelerators", "--platform", folders[0]]))
    assert one.checks == 2


def test_a_run_of_no_platform_of_ones_own_takes_all_that_ship():
    from conformance import assets
    parser = argparse.ArgumentParser()
    command_run.add_arguments(parser)
    planned = command_run._planned(parser.parse_args([]))
    assert {one.settings.platform.name for one in planned} == {
        path.parent.name for path in assets.folder("reference-manifests").glob("*/platform.yaml")}
    assert {one.settings.source("platform") for one in planned} == {"default"}


def test_what_is_wrong_with_the_options_is_told_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    command_run.add_arguments(parser)
    with pytest.raises(UsageError, match=r"nowhere"):
        command_run.run(parser.parse_args(["--platform", "nowhere"]))
    with pytest.raises(UsageError, match="there is no area 'schedulling'"):
        command_run.run(parser.parse_args(["--only", "schedulling"]))
    assert list(tmp_path.iterdir()) == []


class Pretended:
    """A child that is over at its second look."""

    is_stuck = False

    def __init__(self, name, order):
        self.name, self.order, self.looks = name, order, 0

    def start(self):
        self.order.append(self.name)

    def is_over(self):
        self.looks += 1
        return self.looks > 1

    def conclude(self):
        self.order.append(f"{self.name} is over")


def test_who_has_all_that_it_needs_starts_before_those_that_wait_for_a_build():
    order = []
    slow, quick, late = (Pretended(name, order) for name in ("slow", "quick", "late"))
    built = {quick: 0, slow: 3, late: 5}
    asked = dict.fromkeys(built, 0)

    def may_start(child):
        asked[child] += 1
        return asked[child] > built[child]

    children.run_all([slow, quick, late], 1, lambda: None, may_start)
    assert order == ["quick", "quick is over", "slow", "slow is over", "late", "late is over"]


def test_a_build_that_fails_ends_the_run_and_stops_those_that_run():
    order, stopped = [], []

    class Running(Pretended):
        def is_over(self):
            return bool(stopped)

        def interrupt(self):
            stopped.append(self.name)

    def may_start(child):
        if child.name == "needs what fails":
            raise SeatrialError("etcd could not be built: the disk is full")
        return True

    with pytest.raises(SeatrialError, match="etcd could not be built"):
        children.run_all([Running("runs", order), Pretended("needs what fails", order)], 2, lambda: None, may_start)
    assert (order, stopped) == (["runs"], ["runs"])


def test_a_child_from_which_nothing_comes_is_stopped_and_the_others_go_on(pretend, monkeypatch):
    monkeypatch.setattr(children, "SILENT_S", 1)
    opening = {"row": "progress", "text": "waiting for the API server"}
    assert pretend(([opening], 0, "signal.signal(signal.SIGINT, lambda *_: sys.exit(2)); time.sleep(60)"),
                   ([{**GROUND, "platform": "q"}, plan(1), {**RESULT, "platform": "q"}], 0, ""), args=["-n", "1"]) == 3
    document = written()
    assert document["troubles"] == ["folder-0: nothing came from it for 1 s after: waiting for the API server; it was stopped, "
                                    "see seatrial-report/pytest-folder-0.log"]
    assert [row["platform"] for row in document["results"]] == ["q"]


def test_a_child_that_logs_how_far_it_is_goes_on(pretend, monkeypatch):
    monkeypatch.setattr(children, "SILENT_S", 2)
    building = "for step in range(20): print(step, flush=True); time.sleep(0.25)"
    assert pretend(([GROUND, plan(1), RESULT], 0, building)) == 0
    assert written()["troubles"] == []


def test_no_behaviour_has_a_longer_limit_than_a_child_may_be_silent():
    assert max(behaviour.limit_s for behaviour in catalog.behaviours()) < children.SILENT_S
