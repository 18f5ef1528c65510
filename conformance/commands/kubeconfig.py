"""`seatrial kubeconfig`: where the kubeconfig of a cluster of Seatrial is."""

import argparse

from conformance.clusters import kind_of
from conformance.commands import Purpose, add_cluster_option
from conformance.run.settings import DEFAULT_CLUSTER_NAME

PURPOSE = Purpose.CLUSTERS
HELP = "print where a cluster's kubeconfig is"
EXAMPLES = (
    "export KUBECONFIG=$(seatrial kubeconfig)\n"
    "seatrial kubeconfig --name big --raw\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    add_cluster_option(parser)
    parser.add_argument("--name", default=DEFAULT_CLUSTER_NAME, help="name of the cluster (default: %(default)s)")
    parser.add_argument("--raw", action="store_true", help="print the file, not its path")


def run(args: argparse.Namespace) -> int:
    """Print the path, or the content."""
    path = kind_of(args.cluster).maker.attach(args.name).kubeconfig
    print(path.read_text() if args.raw else path)
    return 0
