"""`seatrial up`: brings a cluster of Seatrial up, and a platform on it."""

import argparse
import os
from pathlib import Path

from conformance import builds
from conformance.clusters import fake_nodes, kind_of
from conformance.commands import Purpose, Steps, add_cluster_option
from conformance.errors import SeatrialError
from conformance.model.node_size import NodeSize
from conformance.run.settings import DEFAULT_CLUSTER_NAME
from conformance.waiting import Unmet

PURPOSE = Purpose.CLUSTERS
HELP = "bring a cluster up"
EXAMPLES = (
    "seatrial up\n"
    "seatrial up --cluster kind --name other\n"
    "seatrial up --name big --nodes 2 --fake-nodes five-hundred-twelve\n"
    "seatrial up --node-size 192,2Ti\n"
    "seatrial up --platform reference-manifests/team-queues\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    add_cluster_option(parser)
    parser.add_argument("--name", default=DEFAULT_CLUSTER_NAME, help="name of the cluster (default: %(default)s)")
    parser.add_argument("--nodes", type=int, default=1, metavar="N", help="number of real nodes (default: %(default)s)")
    parser.add_argument("--gpus-per-node", type=int, default=8, metavar="N",
                        help="fake GPUs of each real node (default: %(default)s)")
    parser.add_argument("--fake-nodes", metavar="PROFILE",
                        help=f"fake nodes to add: {', '.join(fake_nodes.profile_names())}, or a file")
    parser.add_argument("--node-size", type=node_size, metavar="CPUS,MEMORY",
                        help="what each real node of a local cluster claims to have, 192,2Ti for example (default: "
                             "what the profile of --fake-nodes says of real nodes, or all that the machine has)")
    parser.add_argument("--platform", type=Path, metavar="DIR", help="install this platform folder")
    parser.add_argument("--report", type=Path, default=Path("seatrial-report"), metavar="DIR",
                        help="folder for events and logs of a cluster that does not come up (default: %(default)s/)")
    parser.add_argument("--offline", action="store_true",
                        help="fetch nothing: use only images and modules that are on this machine")


def node_size(text: str) -> NodeSize:
    """Return the size that an argument says. Raises ArgumentTypeError that says what is wrong."""
    try:
        return NodeSize.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Bring the cluster up, install the platform, say how to use it."""
    from conformance import catalog  # noqa: PLC0415 -- slow, and only needed here
    from conformance.folder import read  # noqa: PLC0415 -- slow, and only needed here
    from conformance.platform.install import install  # noqa: PLC0415 -- slow, and only needed here

    if args.offline:
        os.environ[builds.OFFLINE_VARIABLE] = "1"
    folder = read.load(args.platform) if args.platform else None
    say = Steps()
    if folder:
        known, needed = catalog.components(), [*kind_of(args.cluster).maker.programs()]
        builds.build([*needed, *(program for spec in folder.components for program in known[spec.name].programs)])
    diagnostics = args.report / "diagnostics" / args.name
    try:
        cluster = kind_of(args.cluster).maker.up(
            args.name, real_nodes=args.nodes, gpus_per_node=args.gpus_per_node, node_size=args.node_size,
            diagnostics=diagnostics, profile=args.fake_nodes or (folder.nodes if folder else None), say=say)
    except (SeatrialError, Unmet):
        if diagnostics.is_dir():
            say(f"events and logs of the cluster are kept in {diagnostics}")
        raise
    if folder:
        install(cluster.api, folder, cluster.load_images, say)
    say(f"cluster {args.name} is up")
    print(f"export KUBECONFIG={cluster.kubeconfig}")
    return 0
