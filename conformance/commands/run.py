"""`seatrial run`: one pytest process for each platform folder, several at once, one report for all of them."""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.text import Text

from conformance import assets, builds
from conformance.builds import builder
from conformance.clusters import KINDS
from conformance.commands import Purpose
from conformance.errors import UsageError
from conformance.model.component import Component
from conformance.model.report import Pair
from conformance.report.run import html, junit, terminal
from conformance.report.run import json as json_report
from conformance.report.run.roll_up import exit_code
from conformance.run import children
from conformance.run.building import Building
from conformance.run.settings import DEFAULT, OPTION, Chosen, Settings, add_options, chosen_by, settings

PURPOSE = Purpose.PROVE
HELP = "prove what a platform promises"
EXAMPLES = (
    "seatrial run\n"
    "seatrial run --platform my-platform/\n"
    "seatrial run --platform my-platform/ --only scheduling -k quota\n"
    "seatrial run --prove           # every check is seen failing\n"
)

DEFAULT_REPORT = "seatrial-report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `seatrial run`."""
    add_options(parser)
    add = parser.add_argument
    add("--allow-unproved", action="store_true",
        help="end with 0 where nothing failed and nothing was proved either (default: 4)")
    add("-k", dest="expression", metavar="EXPR", help="only behaviours whose name matches, as in pytest")
    add("--report", type=Path, default=Path(DEFAULT_REPORT), metavar="DIR",
        help=f"where report.html, report.json and junit.xml go (default: {DEFAULT_REPORT}/)")
    add("-n", dest="workers", type=int, default=min(4, (os.cpu_count() or 1) + 1), metavar="N",
        help="how many platforms run side by side, each on a cluster of its own; of a single platform, or "
             "on a given cluster, how many behaviours (default: %(default)s); proofs of one platform never do, nor "
             "does anything with --allow-changes")
    add("--output", choices=["text", "json"], default="text", help="what is printed (default: text)")
    add("--offline", action="store_true", help="fetch nothing: every module and image is there, or made")


def run(args: argparse.Namespace) -> int:
    """Run the behaviours on every platform folder asked for, write the report, print it.

    Returns the exit code, an `ExitCode`.
    Raises UsageError before anything is started when the options or a folder are wrong.
    """
    if args.offline:
        os.environ[builds.OFFLINE_VARIABLE] = "1"  # for our children too
    # The longest first: what runs beside it is over before it, not after.
    planned = sorted(_planned(args), key=lambda one: -one.checks)
    # What takes the least building comes first: a verdict is seen while the rest is built.
    planned.sort(key=lambda one: sum(built is None for _, built in builder.state(one.programs)))
    _make_folder(args.report)
    shutil.rmtree(args.report / children.DIAGNOSTICS, ignore_errors=True)  # those of an earlier run
    progress = terminal.console(sys.stdout if args.output == "text" else sys.stderr)
    started, start = datetime.now(UTC), time.monotonic()
    found = children.Collected()
    building = Building(args.report / "build.log", lambda text: progress.print(Text(text, style="dim")))
    with children.terminated_like_interrupted(), TemporaryDirectory(prefix="seatrial-") as scratch:
        try:
            building.start([name for one in planned for name in one.programs])
            at_once, workers = children.shares(planned[0].settings, args.workers, len(planned))
            each = children.children(planned, at_once, workers, expression=args.expression, report=args.report,
                                     scratch=Path(scratch), found=found, progress=progress)
            children.run_all(each, at_once, lambda: progress.print(children.STOPPING, style="bold"),
                             lambda child: building.has(child.programs))
        except KeyboardInterrupt:
            found.interrupted = True
        finally:
            building.stop()
    report = found.report(started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
                          duration_s=time.monotonic() - start, claims=_claims(args, found))
    json_report.write(report, args.report)
    junit.write(report, args.report)
    page = html.write(report, args.report)
    if args.output == "json":
        sys.stdout.write(json.dumps(json_report.as_json(report), indent=2, ensure_ascii=False) + "\n")
    else:
        progress.print()
        terminal.summary(report, progress)
        progress.print(Text(f"The report is {page}, and as data beside it: report.json, junit.xml", style="dim"))
    return exit_code(report, allow_unproved=args.allow_unproved)


def _planned(args: argparse.Namespace) -> list[children.Planned]:
    """Resolve the settings of every platform, and look at each folder before anything starts. Raises UsageError."""
    from conformance.folder import contradictions  # noqa: PLC0415
    from conformance.run.ground import RealGround  # noqa: PLC0415 -- slow imports, not needed for --help
    from conformance.run.session import Trial  # noqa: PLC0415

    if args.workers < 0:
        raise UsageError(f"-n {args.workers} is no number of workers", "give 0 or more")
    shipped = sorted(path.parent for path in assets.folder("reference-manifests").glob("*/platform.yaml"))
    source = OPTION if args.platform else DEFAULT
    chosen = chosen_by(args)
    found = []
    for folder in args.platform or shipped:
        trial = Trial(settings({**chosen, "platform": Chosen(str(folder), source)}), RealGround(), None)
        trial.check()
        found.append(children.Planned(settings=trial.settings, checks=trial.size(),
                                      programs=_programs(trial.settings, trial.components),
                                      contradictions=contradictions.contradictions(trial.folder)))
    return found


def _programs(settings: Settings, components: Mapping[str, Component]) -> tuple[str, ...]:
    """Return the builds that must be there before a platform starts; none where its cluster is not built here."""
    kind = KINDS[settings.cluster]
    of_cluster = kind.maker.programs() if kind.ours else ()
    of_components = (name for component in components.values() for name in component.programs)
    return tuple(dict.fromkeys((*of_cluster, *of_components))) if of_cluster else ()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the report folder {folder} cannot be made: {error.strerror}",
                         "name another one with --report") from error


def _claims(args: argparse.Namespace, found: children.Collected) -> children.Claims:
    """Return what is claimed to be caught and was not; in a run of a selection that need not mean anything."""
    selection = bool(args.platform or args.expression or args.only)
    if not args.prove or found.interrupted:
        return children.Claims(selection=selection)
    from conformance import catalog  # noqa: PLC0415

    caught = {Pair(behaviour=kill.behaviour, fault=kill.fault) for kill in found.kills if kill.caught}
    unseen = tuple(pair for pair in catalog.claims() if pair not in caught)
    if selection:  # a folder of one's own need not have what it takes to catch every fault
        unclaimed = sorted(found.faults & set(catalog.uncaught_faults()))
        return children.Claims(unseen, () if args.expression or args.only else tuple(unclaimed), selection)
    return children.Claims(unseen, tuple(sorted(catalog.faults().keys() - {pair.fault for pair in caught})), selection)
