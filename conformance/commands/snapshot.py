"""`seatrial snapshot`: what an audit looks at of a cluster, saved."""

import argparse
import json
import os
import sys
from pathlib import Path

from conformance.commands import Purpose
from conformance.masking import masked
from conformance.policy import policies

PURPOSE = Purpose.JUDGE
HELP = "save what an audit looks at of a cluster, secrets masked"
EXAMPLES = (
    "seatrial snapshot > snapshot.json && seatrial audit snapshot.json\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE",
                        help="kubeconfig of the cluster (default: KUBECONFIG, ~/.kube/config)")
    parser.add_argument("--context", metavar="NAME", help="context of the kubeconfig (default: its current one)")
    parser.add_argument("--namespace", metavar="NAME", help="only objects of this namespace (default: all)")


def run(args: argparse.Namespace) -> int:
    """Print the objects that an audit looks at as one JSON List; 2 when some could not be listed."""
    from conformance.kube.api import Api  # noqa: PLC0415 -- the client of Kubernetes takes half a second to load
    from conformance.policy import live  # noqa: PLC0415

    found, problems = live.snapshot(live.manifests(Api.open(args.kubeconfig, args.context),
                                                   live.kinds(policies.load()), args.namespace))
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write(os.linesep)
    for problem in problems:
        print(masked(f"seatrial: {problem}\n  way out: {problem.way_out}"), file=sys.stderr)
    return 2 if problems else 0
