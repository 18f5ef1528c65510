"""The parent's side of a run: one pytest process for each platform folder, several at once."""

import ctypes
import math
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.text import Text

from conformance.clusters import KINDS
from conformance.errors import UsageError
from conformance.model.report import Kill, Pair, Report, Result
from conformance.report.run import terminal
from conformance.report.run.plain import Row, kill_of, result_of
from conformance.report.run.roll_up import once
from conformance.run.rows import Reader
from conformance.run.settings import DEFAULT, Settings, add_connection, spoken
from conformance.waiting import Unmet, eventually

DIAGNOSTICS = "diagnostics"
SILENT_S = 900
"""A child that tells nothing and logs nothing for so long does not go on: a behaviour may be silent until its limit;
bringing a cluster up says each of its steps, the longest of which (a build) logs how far it is."""
STOP_WITHIN_S = 90
TAIL_LINES = 20
NO_TESTS, USAGE = 5, 4
PR_SET_PDEATHSIG = 1
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)
STOPPING = "Stopping: what is up is taken down first; interrupt again to leave it."


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A platform folder that is to run, as it was looked at before anything is started."""

    settings: Settings
    checks: int
    """How many checks there are to run on it."""
    contradictions: tuple[str, ...]
    """What its manifests cannot keep, as text alone tells."""
    programs: tuple[str, ...] = ()
    """The builds that its cluster and its components take."""


@dataclass(frozen=True)
class Claims:
    """What behaviours claim to catch, and what of that was not seen."""

    unseen_pairs: tuple[Pair, ...] = ()
    uncaught_faults: tuple[str, ...] = ()
    selection: bool = False


@dataclass
class Collected:
    """What the child processes told so far."""

    results: list[Result] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    cluster: dict[str, str] = field(default_factory=dict)
    uncovered_limits: list[str] = field(default_factory=list)
    faults: set[str] = field(default_factory=set)
    """Faults of the components of all platforms that came up."""
    interrupted: bool = False

    def add(self, row: Row) -> None:
        """Take one row."""
        match row["row"]:
            case "result":
                self.results.append(result_of(row))
            case "kill":
                self.kills.append(kill_of(row))
            case "trouble":
                self.troubles.append(row["text"])
            case "ground":
                self.cluster = self.cluster or dict(row["cluster"])
                self.uncovered_limits += [f"{row['platform']}: {limit}" for limit in row["uncovered_limits"]]
                self.faults |= set(row["faults"])

    def report(self, *, started: str, duration_s: float, claims: Claims) -> Report:
        """Return all of it as a report."""
        return Report(seatrial=version("seatrial"), started=started, duration_s=duration_s,
                      cluster=self.cluster, results=once(self.results), kill_matrix=tuple(self.kills),
                      uncovered_limits=tuple(self.uncovered_limits), uncaught_faults=claims.uncaught_faults,
                      unseen_pairs=claims.unseen_pairs, selection=claims.selection,
                      troubles=tuple(self.troubles), interrupted=self.interrupted)


class Telling:
    """Tells what happens on one platform while it happens, a line each; `whose` begins every line."""

    def __init__(self, to: Console, whose: str = "") -> None:
        self._to = to
        self._whose = Text(whose, style="dim")
        self._planned = self._done = 0

    def tell(self, row: Row) -> None:
        """Print what a row says, if anything."""
        match row["row"]:
            case "progress":
                self._to.print(self._whose + Text(f"  {row['text']}", style="dim"))
            case "plan":
                self._planned = row["count"]
            case "result":
                self._count(terminal.line(result_of(row), self._to))
            case "kill":
                self._count(terminal.kill_line(kill_of(row), self._to))

    def _count(self, line: Text) -> None:
        self._done += 1
        width = len(str(self._planned))
        self._to.print(self._whose + Text(f"{self._done:{width}}/{self._planned}", style="dim") + line)

    def begin(self, name: str, planned: Planned) -> None:
        """Print what begins, and what is known before it does."""
        self._to.print(Text(f"{name}: {planned.settings.platform}", style="bold"))
        terminal.contradicted(planned.contradictions, self._to)


class Child:
    """One pytest process for one platform folder; what it tells goes to `found` and `telling`."""

    def __init__(self, name: str, planned: Planned, command: Sequence[str], rows: Path, log: Path, *,
                 left_behind: str, found: Collected, telling: Telling) -> None:
        self._name = name
        self._platform = planned
        self._command = command
        self._reader = Reader(rows)
        self._log = log
        self._left_behind = left_behind
        self._found = found
        self._telling = telling
        self._process: subprocess.Popen[bytes] | None = None
        self._planned = self._verdicts = self._troubles = 0
        self._logged = 0
        self._heard_at = time.monotonic()
        self._last = "it started"

    @property
    def programs(self) -> tuple[str, ...]:
        """The builds that must be there before it starts."""
        return self._platform.programs

    def start(self) -> None:
        """Start it."""
        self._telling.begin(self._name, self._platform)
        self._heard_at = time.monotonic()
        with self._log.open("wb") as log, _uninterrupted():  # a child that nobody knows cannot be told
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=_environment(),
                start_new_session=True, preexec_fn=_end_with_parent)  # noqa: PLW1509 -- this process has no threads

    def is_over(self) -> bool:
        """Take what it told since the last look; return whether it has ended."""
        over = self._process is None or self._process.poll() is not None  # asked first, so that no row is missed
        for row in self._reader.new():
            self._count(row)
            self._found.add(row)
            self._telling.tell(row)
        logged = self._log.stat().st_size if self._log.exists() else 0
        if logged != self._logged:
            self._logged, self._heard_at = logged, time.monotonic()
        return over

    @property
    def is_stuck(self) -> bool:
        """Whether it has told and logged nothing for longer than anything takes."""
        return time.monotonic() - self._heard_at > SILENT_S

    def give_up(self) -> None:
        """Add that it is stuck, and after what."""
        self._troubles += 1
        self._found.troubles.append(f"{self._name}: nothing came from it for {SILENT_S:g} s after: {self._last}; "
                                    f"it was stopped, see {self._log}")

    def conclude(self) -> None:
        """Add what was wrong with the way that it ended, if anything.

        Raises UsageError when pytest did not understand its arguments.
        """
        trouble = self._trouble(self._process.returncode if self._process else 0)
        self._found.troubles += [trouble] if trouble else []

    def interrupt(self) -> None:
        """Ask it to take its cluster down and to end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Make it end, and add what may have stayed behind."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # its own session, made by us
            self._process.wait()
            self._found.troubles.append(f"{self._name}: it was cut short; {self._left_behind}")

    def _count(self, row: Row) -> None:
        self._heard_at = time.monotonic()
        self._last = str(row.get("text") or row.get("id") or row.get("behaviour") or self._last)
        self._planned = row["count"] if row["row"] == "plan" else self._planned
        self._verdicts += row["row"] in ("result", "kill")
        self._troubles += row["row"] == "trouble"

    def _trouble(self, code: int) -> str:
        if code == USAGE:
            raise UsageError(self._last_error() or f"pytest does not understand {' '.join(self._command)}")
        if self._troubles or code == NO_TESTS:
            return ""
        if code not in (0, 1):
            return f"{self._name}: pytest ended with {code}, see {self._log}\n{self._tail()}"
        if self._verdicts < self._planned:
            return (f"{self._name}: {self._planned - self._verdicts} of {self._planned} checks "
                    f"ended without a verdict, see {self._log}")
        return ""

    def _lines(self) -> list[str]:
        return self._log.read_text(encoding="utf-8", errors="replace").splitlines()

    def _tail(self) -> str:
        return "\n".join(f"  {line}" for line in self._lines()[-TAIL_LINES:])

    def _last_error(self) -> str:
        return next((line.removeprefix("ERROR: ") for line in reversed(self._lines())
                     if line.startswith("ERROR: ")), "")


def run_all(children: Sequence[Child], at_once: int, stopping: Callable[[], None],
            may_start: Callable[[Child], bool] = lambda _: True) -> None:
    """Run children to their ends, so many at once, each from when it `may_start`, in their order where several may.

    Raises UsageError when pytest does not understand its arguments. On that and on KeyboardInterrupt those
    that still run are told, and have time to take their clusters down, before the exception goes on.
    """
    waiting, running = list(children), list[Child]()

    def all_are_over() -> bool:
        while len(running) < at_once and (first := next(filter(may_start, waiting), None)):
            waiting.remove(first)
            running.append(first)  # before it starts: what is interrupted then must be told too
            first.start()
        for child in [one for one in running if one.is_over()]:
            running.remove(child)
            child.conclude()
        for child in [one for one in running if one.is_stuck]:
            child.give_up()
            _stop([child])
        return not running and not waiting

    try:
        eventually(all_are_over, becomes=True, within=math.inf)  # each child has an end: see `is_stuck`
    finally:
        if running:
            stopping()
            _stop(running)


def _stop(running: Sequence[Child]) -> None:
    """Ask children to end, then make them."""
    for child in running:
        child.interrupt()
    try:
        eventually(lambda: [child.is_over() for child in running], becomes=all, within=STOP_WITHIN_S)
    except (Unmet, KeyboardInterrupt):
        for child in running:
            child.kill()


def _end_with_parent() -> None:
    # A shell that starts us in the background may have told us to ignore the signal; the child must not.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTIONS)
    # If we are killed outright, the child still hears of it and takes its cluster down.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTIONS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt, as Ctrl-C does."""
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _environment() -> dict[str, str]:
    # What a person configured for his own tests is not meant for this run.
    theirs = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    return {name: value for name, value in os.environ.items() if name not in theirs}


def children(planned: Sequence[Planned], at_once: int, workers: int, *, expression: str | None, report: Path,
             scratch: Path, found: Collected, progress: Console) -> list[Child]:
    """Return one child for each platform, none of them started; each finds its settings in a file in `scratch`."""
    labels = _labels([one.settings.platform for one in planned])
    width = max(map(len, labels))
    children = []
    for number, (label, one) in enumerate(zip(labels, planned, strict=True), 1):
        rows, file = scratch / f"{number}.jsonl", scratch / f"{number}.json"
        own = one.settings.of_this_run(cluster_name=_cluster_name(number, len(planned)), results=rows,
                                       diagnostics=report / DIAGNOSTICS / label)
        file.write_text(own.text(), encoding="utf-8")
        left_behind = ("its cluster may still be up: "
                       f"{shlex.join(['seatrial', 'down', '--cluster', own.cluster, '--name', own.cluster_name])}"
                       if KINDS[own.cluster].ours else _left_on_existing(own))
        # With workers a cluster comes up before anybody knows what they find.
        alone = bool(expression and workers) and not _selects_any(file, expression)
        children.append(Child(label, one, _command(file, expression, 0 if alone else workers), rows,
                              report / f"pytest-{label}.log", left_behind=left_behind, found=found,
                              telling=Telling(progress, f"{label:{width}}  " if at_once > 1 else "")))
    return children


def _left_on_existing(settings: Settings) -> str:
    words = ["seatrial", "down", "--cluster", settings.cluster,
             *spoken(add_connection, {name: one.value for name, one in settings.chosen.items()}),
             *(["--prefix", settings.permit.prefix] if settings.permit else [])]
    return f"what it made on the cluster may still be there: {shlex.join(words)}"


def _labels(folders: Sequence[Path]) -> list[str]:
    """Return a name for each folder: its own, with a number where several are called so."""
    names = [folder.resolve().name for folder in folders]
    return [f"{name}-{names[:place + 1].count(name)}" if names.count(name) > 1 else name
            for place, name in enumerate(names)]


def shares(settings: Settings, workers: int, platforms: int) -> tuple[int, int]:
    """Return how many platforms run at once, and how many workers each of them has; 0: its own process.

    Most behaviours of one platform share their GPUs and wait for each other, so platforms come first; but two
    platforms never share a cluster. A fault breaks its platform for everybody there: proofs have no workers.
    """
    if settings.permit:  # one process counts what is at work at any one time
        return 1, 0
    own_cluster = KINDS[settings.cluster].ours and settings.source("cluster_name") == DEFAULT
    at_once = max(1, min(workers, platforms)) if own_cluster else 1
    each = 0 if settings.prove else workers // at_once
    return at_once, 0 if at_once > 1 and each == 1 else each


def _command(settings: Path, expression: str | None, workers: int) -> list[str]:
    """Return pytest's command line for one platform; `settings` is the file that says all that is ours."""
    # Behaviours run in the order of the suites, also where somebody's plugin would shuffle his tests.
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance.suites", "-c", os.devnull,
               "--rootdir", str(Path.cwd()), "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:randomly",
               "--tb=short", "--max-worker-restart=2", "--seatrial-settings", str(settings)]
    command += ["-n", str(workers), "--dist", "loadgroup"] if workers > 0 else []
    return [*command, "-k", expression] if expression else command


def _selects_any(settings: Path, expression: str | None) -> bool:
    """Whether an expression selects any behaviour, as far as can be told: with a mistake in it pytest says what."""
    done = subprocess.run([*_command(settings, expression, 0), "--collect-only", "-q"], env=_environment(), check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode != NO_TESTS


def _cluster_name(number: int, of: int) -> str:
    # Two runs at once must not share a cluster by accident.
    return f"trial-{os.getpid()}-{number}" if of > 1 else f"trial-{os.getpid()}"
