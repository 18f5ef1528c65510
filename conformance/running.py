"""`seatrial run`: one pytest process for each platform folder, one report for all of them."""

import argparse
import ctypes
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from conformance import assets
from conformance.errors import UsageError
from conformance.model.report import Kill, Report, Result
from conformance.report import json as json_report
from conformance.report import junit, terminal
from conformance.report.roll_up import exit_code, once
from conformance.report.rows import Reader, Row, kill_of, result_of
from conformance.waiting import Unmet, eventually

DEFAULT_REPORT = "seatrial-report"
TEST_LIMIT_S = 600
STOP_WITHIN_S = 90
TAIL_LINES = 20
NO_TESTS, USAGE = 5, 4
PR_SET_PDEATHSIG = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `seatrial run`."""
    add = parser.add_argument
    add("--platform", action="append", type=Path, metavar="DIR",
        help="a platform folder; may be given more than once (default: all that ship)")
    add("--cluster", choices=["local", "existing"], default="local", help="the ground (default: local)")
    add("--cluster-name", metavar="NAME",
        help="a local cluster to use, left up when it is up already (default: a new one)")
    add("--kubeconfig", type=Path, metavar="FILE", help="opens the existing cluster")
    add("--allow-changes", action="store_true",
        help="let behaviours create and delete workloads on an existing cluster")
    add("--prove", action="store_true",
        help="run each behaviour with each fault that it claims to catch, and print the kill matrix")
    add("-k", dest="expression", metavar="EXPR", help="only behaviours whose name matches, as in pytest")
    add("--only", action="append", metavar="AREA", help="only this area, for example scheduling")
    add("--report", type=Path, default=Path(DEFAULT_REPORT), metavar="DIR",
        help=f"where report.json and junit.xml go (default: {DEFAULT_REPORT}/)")
    add("-n", dest="workers", type=int, default=min(2, os.cpu_count() or 1), metavar="N",
        help="how many behaviours run side by side (default: %(default)s); proofs never do")
    add("--output", choices=["text", "json"], default="text", help="what is printed (default: text)")
    add("--keep", action="store_true", help="leave the cluster up")


def run(args: argparse.Namespace) -> int:
    """Run the behaviours on every platform folder asked for, write the report, print it.

    Returns the exit code: 0 all held, 1 something failed, 3 our error, 130 interrupted.
    Raises UsageError before anything is started when the options or a folder are wrong.
    """
    folders = args.platform or sorted(path.parent for path in
                                      assets.folder("reference-manifests").glob("*/platform.yaml"))
    _check(args, folders)
    _make_folder(args.report)
    progress = terminal.console(sys.stdout if args.output == "text" else sys.stderr)
    started, start = datetime.now(UTC), time.monotonic()
    found = Findings()
    with _terminated_like_interrupted(), TemporaryDirectory(prefix="seatrial-") as scratch:
        try:
            for number, folder in enumerate(folders, 1):
                child = Child(_command(args, folder, _cluster_name(args, number, len(folders))), folder,
                              Path(scratch) / f"{number}.jsonl", args.report / f"pytest-{folder.name}.log")
                child.run(found, Telling(progress))
        except KeyboardInterrupt:
            found.interrupted = True
    report = found.report(started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
                          duration_s=time.monotonic() - start, uncaught=_uncaught(args, found))
    json_report.write(report, args.report)
    junit.write(report, args.report)
    if args.output == "json":
        sys.stdout.write(json.dumps(json_report.as_json(report), indent=2, ensure_ascii=False) + "\n")
    else:
        progress.print()
        terminal.summary(report, progress)
        progress.print(Text(f"The report is in {args.report}/", style="dim"))
    return exit_code(report)


@dataclass
class Findings:
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

    def report(self, *, started: str, duration_s: float, uncaught: Sequence[str]) -> Report:
        """Return all of it as a report."""
        return Report(seatrial=version("seatrial"), started=started, duration_s=duration_s,
                      cluster=self.cluster, results=once(self.results), kill_matrix=tuple(self.kills),
                      uncovered_limits=tuple(self.uncovered_limits), uncaught_faults=tuple(uncaught),
                      troubles=tuple(self.troubles), interrupted=self.interrupted)


class Telling:
    """Tells what happens while it happens, a line each."""

    def __init__(self, to: Console) -> None:
        self._to = to
        self._planned = self._done = 0

    def tell(self, row: Row) -> None:
        """Print what a row says, if anything."""
        match row["row"]:
            case "progress":
                self._to.print(Text(f"  {row['text']}", style="dim"))
            case "plan":
                self._planned = row["count"]
            case "result":
                self._count(terminal.line(result_of(row), self._to))
            case "kill":
                self._count(terminal.kill_line(kill_of(row), self._to))

    def _count(self, line: Text) -> None:
        self._done += 1
        width = len(str(self._planned))
        self._to.print(Text(f"{self._done:{width}}/{self._planned}", style="dim") + line)

    def heading(self, text: str) -> None:
        """Print what begins."""
        self._to.print(Text(text, style="bold"))


class Child:
    """One pytest process for one platform folder."""

    def __init__(self, command: Sequence[str], folder: Path, rows: Path, log: Path) -> None:
        self._command = [*command, "--seatrial-results", str(rows)]
        self._folder = folder
        self._reader = Reader(rows)
        self._log = log
        self._planned = self._verdicts = self._troubles = 0

    def run(self, found: Findings, telling: Telling) -> None:
        """Run it to its end and add what it tells to `found`.

        Raises UsageError when pytest does not understand its arguments. On KeyboardInterrupt the child
        is told, and has time to take its cluster down, before the exception goes on.
        """
        telling.heading(f"{self._folder.name}: {self._folder}")

        def drain() -> None:
            for row in self._reader.new():
                self._count(row)
                found.add(row)
                telling.tell(row)

        with self._log.open("wb") as log:
            process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, env=_environment(), start_new_session=True,
                                       preexec_fn=_end_with_parent)  # noqa: PLW1509 -- no threads run yet
            try:
                _await_end(process, drain, math.inf)
            except KeyboardInterrupt:
                telling.heading("Stopping: the cluster is taken down first; interrupt again to leave it.")
                found.troubles += _stop(process, drain)
                raise
        trouble = self._trouble(process.returncode)
        found.troubles += [trouble] if trouble else []

    def _count(self, row: Row) -> None:
        self._planned = row["count"] if row["row"] == "plan" else self._planned
        self._verdicts += row["row"] in ("result", "kill")
        self._troubles += row["row"] == "trouble"

    def _trouble(self, code: int) -> str:
        """Return what is wrong with the way that it ended, or nothing."""
        if code == USAGE:
            raise UsageError(self._last_error() or f"pytest does not understand {' '.join(self._command)}")
        if self._troubles or code == NO_TESTS:
            return ""
        if code not in (0, 1):
            return f"{self._folder.name}: pytest ended with {code}, see {self._log}\n{self._tail()}"
        if self._verdicts < self._planned:
            return (f"{self._folder.name}: {self._planned - self._verdicts} of {self._planned} checks "
                    f"ended without a verdict, see {self._log}")
        return ""

    def _lines(self) -> list[str]:
        return self._log.read_text(encoding="utf-8", errors="replace").splitlines()

    def _tail(self) -> str:
        return "\n".join(f"  {line}" for line in self._lines()[-TAIL_LINES:])

    def _last_error(self) -> str:
        return next((line.removeprefix("ERROR: ") for line in reversed(self._lines())
                     if line.startswith("ERROR: ")), "")


def _await_end(process: subprocess.Popen[bytes], drain: Callable[[], None], within: float) -> None:
    def ended() -> bool:
        over = process.poll() is not None  # asked before the last look, so that no row is missed
        drain()
        return over

    eventually(ended, becomes=True, within=within)


def _stop(process: subprocess.Popen[bytes], drain: Callable[[], None]) -> list[str]:
    """Ask a child to end, then make it; return what may have stayed behind."""
    process.send_signal(signal.SIGINT)
    try:
        _await_end(process, drain, STOP_WITHIN_S)
    except (Unmet, KeyboardInterrupt):
        os.killpg(process.pid, signal.SIGKILL)  # its own session, made by us
        process.wait()
        return ["the run was cut short, its cluster may still be up; take it down with: seatrial down --all"]
    return []


def _end_with_parent() -> None:
    # A shell that starts us in the background may have told us to ignore the signal; the child must not.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # If we are killed outright, the child still hears of it and takes its cluster down.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
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


def _command(args: argparse.Namespace, folder: Path, cluster_name: str) -> list[str]:
    """Return pytest's command line for one platform folder."""
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance.suites", "-c", os.devnull,
               "--rootdir", str(Path.cwd()), "--import-mode=importlib", "-p", "no:cacheprovider", "-q",
               "--tb=short", f"--timeout={TEST_LIMIT_S}", "--max-worker-restart=2",
               "--cluster", args.cluster, "--cluster-name", cluster_name, "--platform", str(folder)]
    workers = 0 if args.prove else args.workers
    command += ["-n", str(workers), "--dist", "loadgroup"] if workers > 0 else []
    command += ["-k", args.expression] if args.expression else []
    command += [word for area in args.only or () for word in ("--only", area)]
    command += ["--kubeconfig", str(args.kubeconfig)] if args.kubeconfig else []
    flags = {"--prove": args.prove, "--allow-changes": args.allow_changes, "--keep-cluster": args.keep}
    return [*command, *(flag for flag, given in flags.items() if given)]


def _cluster_name(args: argparse.Namespace, number: int, of: int) -> str:
    # Two runs at once must not share a cluster by accident.
    name: str = args.cluster_name or f"trial-{os.getpid()}"
    return f"{name}-{number}" if of > 1 and not args.cluster_name else name


def _check(args: argparse.Namespace, folders: Sequence[Path]) -> None:
    from conformance.config import settings  # noqa: PLC0415 -- slow imports, not needed for --help
    from conformance.ground import RealGround  # noqa: PLC0415
    from conformance.trial import Trial  # noqa: PLC0415

    if args.workers < 0:
        raise UsageError(f"-n {args.workers} is no number of workers", "give 0 or more")
    for folder in folders:
        given = {"cluster": args.cluster, "kubeconfig": args.kubeconfig, "prove": args.prove,
                 "only": args.only, "platform": folder}
        Trial(settings(given), RealGround(), None).check()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the report folder {folder} cannot be made: {error.strerror}",
                         "name another one with --report") from error


def _uncaught(args: argparse.Namespace, found: Findings) -> list[str]:
    """Return the faults that went uncaught; a run of chosen behaviours says nothing about that."""
    if not args.prove or args.expression or args.only or found.interrupted:
        return []
    if args.platform:  # a folder of one's own need not have what it takes to catch every fault
        from conformance import catalog  # noqa: PLC0415

        return sorted(found.faults & set(catalog.uncaught_faults()))
    return sorted(found.faults - {kill.fault for kill in found.kills if kill.caught})
