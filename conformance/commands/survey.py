"""`seatrial survey`: what a cluster has and what can be checked there. Reads only."""

import argparse
import dataclasses
import json
from pathlib import Path

from conformance.commands import Purpose
from conformance.run.settings import add_connection

PURPOSE = Purpose.PROVE
HELP = "say what a cluster has, and which promises can be checked there"
EXAMPLES = (
    "seatrial survey\n"
    "seatrial survey --context staging --platform my-platform/\n"
    "seatrial survey --output json > survey.json\n"
)

COMPLETE, PARTLY_READ = 0, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    add = parser.add_argument
    add_connection(parser)
    add("--platform", type=Path, metavar="DIR",
        help="the platform folder whose promises are to be checked there (default: drafts from the cluster's queues)")
    add("--output", choices=("text", "json"), default="text", help="output format (default: text)")


def run(args: argparse.Namespace) -> int:
    """Print the survey; return 3 when a part of the cluster could not be read."""
    from conformance.folder import read  # noqa: PLC0415 -- slow imports, not needed for --help
    from conformance.kube.api import Api  # noqa: PLC0415
    from conformance.survey import survey  # noqa: PLC0415
    from conformance.survey.text import text  # noqa: PLC0415

    folder = read.load(args.platform) if args.platform else None
    found = survey(Api.open(args.kubeconfig and Path(args.kubeconfig), args.context), folder)
    print(json.dumps(dataclasses.asdict(found), indent=2) if args.output == "json" else text(found))
    return PARTLY_READ if found.unread else COMPLETE
