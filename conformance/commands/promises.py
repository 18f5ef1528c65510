"""`seatrial promises`: what a platform folder promises, before anything runs."""

import argparse
import json
from pathlib import Path

from conformance.commands import Purpose
from conformance.folder import contradictions, promises, read, uncovered

PURPOSE = Purpose.PROVE
HELP = "show what a platform folder promises, and what does not fit"
EXAMPLES = (
    "seatrial promises my-platform/\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a platform folder")
    parser.add_argument("--output", choices=("text", "json"), default="text",
                        help="output format (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Print the promises, what contradicts them and what they do not cover; 1 when something contradicts."""
    folder = read.load(args.folder)
    promised, broken, uncovered_limits = (promises.promised(folder), contradictions.contradictions(folder),
                                          uncovered.uncovered_limits(folder))
    if args.output == "json":
        print(json.dumps({"promises": promises.as_yaml(promised), "confirmed_by": promised.confirmed_by,
                          "contradictions": broken, "uncovered_limits": uncovered_limits}, indent=2))
        return 1 if broken else 0
    print(promises.as_yaml(promised))
    print(f"# Confirmed by {promised.confirmed_by}." if promised.confirmed_by else
          "# Drafted from the manifests: nobody has confirmed it. Correct it and put it into platform.yaml.")
    for title, lines in (("The manifests cannot keep:", broken), ("No promise covers:", uncovered_limits)):
        if lines:
            print(f"\n{title}")
            print("\n".join(f"  {line}" for line in lines))
    return 1 if broken else 0
