"""`scripts/soak`: runs that do not agree are told, check by check, and what keeps the cores busy ends with it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.waiting import eventually

SOAK = Path(__file__).parents[2] / "scripts" / "soak.py"
RUN = """#!{python}
import json, pathlib, sys, time
words = sys.argv[1:]
folder = pathlib.Path(words[words.index("--report") + 1])
plays = json.loads(pathlib.Path({plays!r}).read_text())
play = plays[int(folder.name) - 1]
if "sleep" in play:
    time.sleep(play["sleep"])
if "usage" in play:
    print("seatrial: there is no platform"), sys.exit(2)
if "dies" in play:
    sys.exit(3)
print(" 1/2  passed  a\\n 2/2  passed  b")
pathlib.Path({asked!r}).write_text(json.dumps(words))
results = [{{"platform": "p", "id": name, "outcome": outcome, "cause": cause}} for name, outcome, cause in play["results"]]
(folder / "report.json").write_text(json.dumps({{"results": results, "troubles": play.get("troubles", []),
                                                 "kill_matrix": play.get("kills", [])}}))
"""
GOOD = {"results": [["a", "passed", ""], ["b", "unsupported", "no topology"]]}


@pytest.fixture
def soak(tmp_path):
    """Soaks with a stand-in for seatrial, whose runs find what is given; `run` returns the ended process."""
    program = tmp_path / "bin" / "seatrial"
    program.parent.mkdir()
    plays, asked = tmp_path / "plays.json", tmp_path / "asked.json"
    program.write_text(RUN.format(python=sys.executable, plays=str(plays), asked=str(asked)))
    program.chmod(0o755)
    environment = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"}

    def start(found, *words):
        plays.write_text(json.dumps(found))
        return subprocess.Popen([sys.executable, str(SOAK), str(len(found)), "--report", str(tmp_path / "out"), *words],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path)

    def run(found, *words):
        process = start(found, *words)
        process.out, process.err = process.communicate(timeout=60)
        return process

    return SimpleNamespace(run=run, start=start, asked=asked, out=tmp_path / "out")


def test_runs_that_agree(soak):
    done = soak.run([GOOD, GOOD, GOOD], "--platform", "x y", "-k", "a or b")
    assert (done.returncode, done.out) == (0, "2 verdicts, the same in 3 runs; no error\n")
    assert json.loads(soak.asked.read_text()) == ["run", "--platform", "x y", "-k", "a or b", "--report", f"{soak.out}/3"]
    assert re.search(r"run 2 of 3: 1 passed, 1 unsupported in \d+ s, load \d", done.err)
    assert (soak.out / "2" / "output.txt").read_text().endswith(" 2/2  passed  b\n")


def test_a_verdict_that_changes_is_told_with_its_runs_and_causes(soak):
    failed = {"results": [["a", "failed", "saw 3"], ["b", "unsupported", "no topology"]]}
    done = soak.run([GOOD, failed, GOOD])
    assert done.returncode == 1
    assert done.out.splitlines() == ["p: a", "  passed       in run 1, 3", "  failed       in run 2", "      saw 3"]


@pytest.mark.parametrize(("second", "told"), [
    ({"results": GOOD["results"][:1]}, ["p: b", "  unsupported  in run 1", "      no topology", "  -            in run 2"]),
    ({**GOOD, "troubles": ["p: died"]}, ["outside of any check, in run 2: p: died"]),
    ({**GOOD, "kills": [{"platform": "p", "behaviour": "a", "fault": "f", "outcome": "passed"}]},
     ["p: a with fault f", "  -            in run 1", "  passed       in run 2"])], ids=["missing", "trouble", "kill"])
def test_what_is_not_in_every_run_is_a_change(soak, second, told):
    done = soak.run([GOOD, second])
    assert (done.returncode, done.out.splitlines()) == (1, told)


def test_an_error_is_told_also_when_it_comes_each_time(soak):
    error = {"results": [["a", "error", "409 already exists"]]}
    done = soak.run([error, error])
    assert (done.returncode, done.out.splitlines()) == (1, ["p: a", "  error        in run 1, 2", "      409 already exists"])


def test_a_run_without_a_report_is_told(soak):
    done = soak.run([GOOD, {"dies": True}])
    assert done.returncode == 1
    assert f"in run 2: seatrial run ended with 3 and wrote no report, see {soak.out}/2/output.txt" in done.out


@pytest.mark.parametrize("words", [["x"], ["0"], [], ["2", "--output", "json"]])
def test_wrong_usage_is_told_before_anything_runs(words, tmp_path):
    done = subprocess.run([sys.executable, str(SOAK), *words], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "usage: scripts/soak RUNS" in done.stderr


def test_options_that_seatrial_does_not_understand_end_it_at_once(soak):
    done = soak.run([{"usage": True}, GOOD])
    assert done.returncode == 2
    assert "there is no platform" in done.err
    assert not (soak.out / "2").exists()


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def sigint_ignored():
    """As a shell has it that starts something in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("sigint_ignored")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_what_keeps_the_cores_busy_ends_with_it(soak, number):
    process = soak.start([{"sleep": 60, **GOOD}], "--burners", "3")
    burning = eventually(lambda: children(process.pid), becomes=lambda found: len(found) == 4, within=20)
    assert eventually(lambda: cpu_s(burning[0]), becomes=lambda burnt_s: burnt_s > 0.2, within=20)
    process.send_signal(number)
    eventually(lambda: [pid for pid in burning if lives(pid)], becomes=[], within=20)
    process.communicate(timeout=20)
    assert process.returncode == (-9 if number == signal.SIGKILL else 130)


def test_every_core_is_kept_busy(soak):
    process = soak.start([{"sleep": 60, **GOOD}], "--busy")
    eventually(lambda: len(children(process.pid)), becomes=len(os.sched_getaffinity(0)) + 1, within=20)
    process.terminate()
    err = process.communicate(timeout=20)[1]
    assert "interrupted after 0 whole runs" in err
