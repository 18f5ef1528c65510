"""`seatrial down`: takes clusters of Seatrial down, and removes what runs left on others."""

import argparse
import sys
from pathlib import Path

from conformance.clusters import OURS, kind_of
from conformance.commands import Purpose
from conformance.errors import UsageError
from conformance.run.settings import DEFAULT_CLUSTER_NAME, EXISTING, add_connection, checked_prefix

PURPOSE = Purpose.CLUSTERS
HELP = "take clusters down, and what a crash left"
EXAMPLES = (
    "seatrial down\n"
    "seatrial down --name big\n"
    "seatrial down --cluster kind --name other\n"
    "seatrial down --all\n"
    "seatrial down --cluster existing --context staging --prefix seatrial-\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("--cluster", choices=(*OURS, EXISTING), default=OURS[0],
                        help="kind of cluster; existing: the cluster stays, only what runs made on it is deleted "
                             "(default: %(default)s)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--name", help=f"name of the cluster (default: {DEFAULT_CLUSTER_NAME})")
    which.add_argument("--all", action="store_true",
                       help="all clusters that Seatrial made on this machine, also those in use, and what crashed "
                            "ones left")
    add_connection(parser)
    parser.add_argument("--prefix", metavar="PREFIX",
                        help="prefix of the namespaces, as given to --allow-changes (default: every namespace with "
                             "the label seatrial.io/made-under)")


def run(args: argparse.Namespace) -> int:
    """Take clusters down, or remove what runs left on somebody's."""
    if args.cluster == EXISTING:
        return _clear(args)
    for option in ("kubeconfig", "context", "prefix"):
        if getattr(args, option):
            raise UsageError(f"--{option} is about a cluster that exists", f"add --cluster {EXISTING}")
    name = args.name or DEFAULT_CLUSTER_NAME
    if args.all:
        found = [name for kind in OURS for name in kind_of(kind).maker.down_all()]
        print(f"gone: {', '.join(found)}" if found else "there was nothing to remove")
        return 0
    if not kind_of(args.cluster).maker.down(name):
        raise UsageError(f"there is no {args.cluster} cluster {name} on this machine", "seatrial status lists them")
    print(f"cluster {name} is gone")
    return 0


def _clear(args: argparse.Namespace) -> int:
    from conformance.clusters import existing  # noqa: PLC0415 -- slow, and only needed here
    from conformance.kube.api import Api  # noqa: PLC0415

    if args.all or args.name:
        raise UsageError(f"{'--all' if args.all else '--name'} is about clusters of this machine", "leave it out")
    api = Api.open(args.kubeconfig and Path(args.kubeconfig), args.context, outage_s=existing.OUTAGE_S)
    print(f"context {api.context}: {api.host}", file=sys.stderr)
    found = existing.clear(api, checked_prefix(args.prefix) if args.prefix else None)
    print("\n".join(f"gone: {one}" for one in found) if found else "there was nothing to remove")
    return 0
