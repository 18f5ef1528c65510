"""`seatrial status`: the clusters that Seatrial made on this machine."""

import argparse
import json

from conformance.clusters import OURS, kind_of
from conformance.commands import Purpose

PURPOSE = Purpose.CLUSTERS
HELP = "list the clusters that Seatrial made"
EXAMPLES = (
    "seatrial status\n"
    "seatrial status --output json\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("--output", choices=("text", "json"), default="text",
                        help="output format (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """List the clusters."""
    found = [{"kind": kind, **one} for kind in OURS for one in kind_of(kind).maker.status()]
    if args.output == "json":
        print(json.dumps(found, indent=2))
    elif not found:
        print("no cluster is up; bring one up with: seatrial up")
    for cluster in found if args.output == "text" else ():
        print(f"{cluster['name']:20} {cluster['kind']:6} {cluster['state']:9} {cluster['real_nodes']} real  "
              f"{cluster['server']}  {cluster['kubeconfig']}"
              f"{'  containerd ' + cluster['containerd'] if cluster.get('containerd') else ''}")
    return 0
