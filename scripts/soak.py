"""Runs `seatrial run` several times, on a busy machine if wanted, and says which verdicts were not always the same."""

import argparse
import ctypes
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LONGEST_BUSY_S = 24 * 3600
"""A burner ends by itself after a day, whatever became of who started it."""
STOP_WITHIN_S = 120
"""An interrupted `seatrial run` takes its clusters down within 90 s or says what stays."""
NOT_RUN, ERROR = "-", "error"
DONE = re.compile(r"^(?P<whose>.*?)\s*\d+/(?P<planned>\d+)\s")

EXAMPLES = """
examples:
  ./scripts/soak 10                                        the whole suite, ten times
  ./scripts/soak 5 --busy --platform reference-manifests/team-queues
                                                           one platform, while every core is kept busy
  ./scripts/soak 3 --burners 20 -k guaranteed --report /tmp/soak
                                                           some behaviours, with 20 busy processes beside them

All other options are those of `seatrial run`. Exit codes: 0 all verdicts were the same each time and none was an error,
1 some were not, 2 wrong usage, 130 interrupted.
"""


@dataclass(frozen=True)
class Run:
    """What one run found: a verdict and its cause by check, and what went wrong outside of any check."""

    verdicts: Mapping[str, tuple[str, str]]
    troubles: Sequence[str]
    exit_code: int
    duration_s: float
    load: float
    """The machine's load average at the end: the processes that wanted a core in the last minute."""

    def words(self) -> str:
        """Return what came of it, in one line."""
        counts = Counter(outcome for outcome, _ in self.verdicts.values())
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()) or "no verdict"
        trouble = f", {len(self.troubles)} troubles" if self.troubles else ""
        return f"{said}{trouble} in {self.duration_s:.0f} s, load {self.load:.1f}"


@dataclass
class Soak:
    """All runs so far, and what differs between them."""

    runs: list[Run] = field(default_factory=list)

    def changed(self) -> dict[str, list[str]]:
        """Return the verdicts of each run, for every check that was not judged the same each time."""
        checks = dict.fromkeys(check for run in self.runs for check in run.verdicts)
        verdicts = {check: [run.verdicts.get(check, (NOT_RUN, ""))[0] for run in self.runs] for check in checks}
        return {check: found for check, found in verdicts.items() if len(set(found)) > 1 or ERROR in found}

    def troubles(self) -> list[tuple[int, str]]:
        """Return (number of the run, what went wrong outside of any check)."""
        return [(number, trouble) for number, run in enumerate(self.runs, 1) for trouble in run.troubles]

    def table(self) -> Iterator[str]:
        """Yield the lines that say what changed."""
        changed = self.changed()
        for check, verdicts in changed.items():
            yield check
            for outcome in dict.fromkeys(verdicts):
                numbers = [number for number, found in enumerate(verdicts, 1) if found == outcome]
                causes = dict.fromkeys(self.runs[number - 1].verdicts.get(check, ("", ""))[1] for number in numbers)
                yield f"  {outcome:12} in run {', '.join(map(str, numbers))}"
                yield from (f"      {cause}" for cause in causes if cause)
        for number, trouble in self.troubles():
            yield f"outside of any check, in run {number}: {trouble}"
        if self.runs and not changed and not self.troubles():
            yield f"{len(self.runs[0].verdicts)} verdicts, the same in {len(self.runs)} runs; no error"


def main(words: Sequence[str]) -> int:
    """Run it and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__, epilog=EXAMPLES, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter, usage="%(prog)s RUNS [options] [options of seatrial run]")
    parser.add_argument("runs", type=_count, metavar="RUNS", help="how many times; comes before all options")
    parser.add_argument("--busy", action="store_true", help="keep every core busy meanwhile, with one process each")
    parser.add_argument("--burners", type=_count, metavar="N", help="keep the cores busy with N processes")
    parser.add_argument("--report", type=Path, default=Path("seatrial-soak"), metavar="DIR",
                        help="what each run writes and prints goes to DIR/1, DIR/2, ... (default: %(default)s/)")
    args, others = parser.parse_known_args(words)
    if any(word.partition("=")[0] == "--output" for word in others):
        parser.error("--output is not for here: DIR/1/output.txt has what a run prints, DIR/1/report.json the rest")
    burners = args.burners or (len(os.sched_getaffinity(0)) if args.busy else 0)
    soak = Soak()
    for stop in (signal.SIGINT, signal.SIGTERM):  # a shell that starts us in the background ignores the first for us
        signal.signal(stop, signal.default_int_handler)
    try:
        with _busy(burners):
            for number in range(1, args.runs + 1):
                _say(f"run {number} of {args.runs}" + (f", beside {burners} busy processes" if burners else "")
                     + f": see {args.report}/{number}/output.txt")
                run = _run(args.report / str(number), others)
                if run is None:
                    return 2
                soak.runs.append(run)
                _say(f"run {number} of {args.runs}: {run.words()}")
    except KeyboardInterrupt:
        _say(f"interrupted after {len(soak.runs)} whole runs")
        _print(soak)
        return 130
    _print(soak)
    return 1 if soak.changed() or soak.troubles() else 0


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_count.__name__ = "number"


def _run(folder: Path, options: Sequence[str]) -> Run | None:
    """Run the suite once; None: it did not understand its options, and said so."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ["seatrial", "run", *options, "--report", str(folder)]
    start = time.monotonic()
    with (folder / "output.txt").open("w", encoding="utf-8") as kept:
        kept.write(f"$ {shlex.join(command)}\n")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace", start_new_session=True,  # it hears of an interruption once
                                   preexec_fn=_hear_of_our_end(signal.SIGTERM))  # noqa: PLW1509
        try:
            _follow(process, kept)
        except KeyboardInterrupt:
            _stop(process)
            raise
    report = folder / "report.json"
    if not report.exists():
        sys.stderr.write((folder / "output.txt").read_text(encoding="utf-8"))
        if process.returncode == 2:
            return None
        return Run({}, [f"seatrial run ended with {process.returncode} and wrote no report, see {folder}/output.txt"],
                   process.returncode, time.monotonic() - start, os.getloadavg()[0])
    return _read(json.loads(report.read_text(encoding="utf-8")), process.returncode, time.monotonic() - start)


def _read(report: Mapping[str, Any], exit_code: int, duration_s: float) -> Run:
    verdicts = {f"{one['platform']}: {one['id']}": (one["outcome"], one.get("cause", ""))
                for one in report["results"]}
    verdicts |= {f"{one['platform']}: {one['behaviour']} with fault {one['fault']}": (one["outcome"],
                                                                                     one.get("cause", ""))
                 for one in report.get("kill_matrix", ())}
    return Run(verdicts, report.get("troubles", ()), exit_code, duration_s, os.getloadavg()[0])


def _follow(process: "subprocess.Popen[str]", kept: Any) -> None:
    """Keep what a run prints, and on a terminal show how far it is, until it ends."""
    planned: dict[str, int] = {}
    done, show = 0, sys.stderr.isatty()
    for line in process.stdout or ():
        kept.write(line)
        kept.flush()
        if found := DONE.match(line):
            planned[found["whose"]] = int(found["planned"])
            done += 1
            if show:
                sys.stderr.write(f"\r  {done} of {sum(planned.values())} checks")
    process.wait()
    if show:
        sys.stderr.write("\r\033[K")


def _stop(process: "subprocess.Popen[str]") -> None:
    """Let a run take its clusters down, and end it when it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=STOP_WITHIN_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


@contextmanager
def _busy(processes: int) -> Iterator[None]:
    """Keep so many processes busy; they end with this one, even when it is killed."""
    burning: list[int] = []
    ours = os.getpid()
    try:
        for _ in range(processes):
            pid = os.fork()
            if pid == 0:
                _burn(ours)
            burning.append(pid)
        yield
    finally:
        for pid in burning:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _burn(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LONGEST_BUSY_S)
    _hear_of_our_end(signal.SIGKILL)()
    while os.getppid() == parent:  # it may have ended before we could ask to hear of it
        sum(range(1_000_000))
    os._exit(0)


def _hear_of_our_end(number: signal.Signals) -> Callable[[], None]:
    """Return what a child calls to get a signal when this process is gone."""
    return lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _print(soak: Soak) -> None:
    for line in soak.table():
        print(line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
