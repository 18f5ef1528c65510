"""`seatrial report`: what runs wrote, shown again, compared, and put side by side."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from conformance.commands import Purpose, told
from conformance.errors import UsageError
from conformance.report import diff
from conformance.report.diff import forms
from conformance.report.run import html, markdown, parity, terminal
from conformance.report.run import json as json_report

PURPOSE = Purpose.PROVE
HELP = "show reports again, and say what changed from one run to another"
EXAMPLES = (
    "seatrial report show seatrial-report/\n"
    "seatrial report show seatrial-report/ --output html > page.html\n"
    "seatrial report diff last-night/ tonight/\n"
    "seatrial report diff local/ existing/ --tolerate disabled --tolerate unproved\n"
    "seatrial report parity local/ kind/ > parity.md\n"
)

REGRESSED = 1
_FILE = "a report.json, or the folder that it is in"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)

    def part(name: str, does: str) -> argparse.ArgumentParser:
        return what.add_parser(name, help=does, **told(f"report {name}", does, EXAMPLES))

    show = part("show", "print a report again, as seatrial run did")
    show.add_argument("file", type=Path, metavar="REPORT", help=_FILE)
    show.add_argument("--output", choices=("text", "markdown", "html"), default="text",
                      help="output format (default: text); html: one page that needs nothing else")
    compare = part("diff", "say what changed from one run to another; 0: no regression, 1: a regression")
    compare.add_argument("before", type=Path, metavar="BEFORE", help=_FILE)
    compare.add_argument("after", type=Path, metavar="AFTER", help="the later one, or the one of the other ground")
    compare.add_argument("--tolerate", action="append", choices=[kind.value for kind in diff.TOLERABLE], default=[],
                         help="do not count this as a regression, because these two are meant to differ in it "
                              "(vanished: the second run selected fewer checks; unsupported, disabled: its ground "
                              "cannot, or may not; unproved: it was made without --prove; weaker: its ground is less "
                              "real); may be given more than once")
    compare.add_argument("--output", choices=("text", "markdown", "json"), default="text",
                         help="output format (default: text)")
    side = part("parity", "put the requirements of several grounds side by side, as Markdown")
    side.add_argument("files", type=Path, nargs="+", metavar="REPORT", help=_FILE)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 1: a diff with a regression. Raises UsageError for what is no report."""
    verbs: dict[str, Callable[[argparse.Namespace], int]] = {"show": _show, "diff": _diff, "parity": _parity}
    return verbs[args.what](args)


def _show(args: argparse.Namespace) -> int:
    report, to = json_report.read(args.file), terminal.console(sys.stdout)
    if args.output == "markdown":
        sys.stdout.write(markdown.render(report))
    elif args.output == "html":
        sys.stdout.write(html.render(report))
    else:
        terminal.summary(report, to)
    return 0


def _diff(args: argparse.Namespace) -> int:
    before, after = json_report.read(args.before), json_report.read(args.after)
    if not before.results:
        raise UsageError(f"{args.before}: nothing ran in it, so nothing can be compared with it",
                         "give the report of a run that judged something")
    to = terminal.console(sys.stdout)
    found = diff.diff(before, after, [diff.Kind(word) for word in args.tolerate])
    if args.output == "json":
        sys.stdout.write(json.dumps(forms.as_json(found), indent=2) + "\n")
    elif args.output == "markdown":
        sys.stdout.write(forms.markdown(found))
    else:
        forms.text(found, to)
    return REGRESSED if found.regressions else 0


def _parity(args: argparse.Namespace) -> int:
    reports = [json_report.read(file) for file in args.files]
    terminal.console(sys.stdout)
    sys.stdout.write(parity.render(reports))
    return 0
