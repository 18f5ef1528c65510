"""The commands about clusters that Seatrial makes: up, status, kubeconfig, down, doctor."""

import argparse
import json
import os
import platform
import shutil
import sys
import time
from pathlib import Path

from conformance import builds
from conformance.builds import builder, toolchain
from conformance.clusters import OURS, fake_nodes, kind_of
from conformance.config import CONNECTION, EXISTING, checked_prefix
from conformance.errors import SeatrialError, UsageError
from conformance.waiting import Unmet

DEFAULT_NAME = "seatrial"
WANTED_GO = "1.26.0"
WANTED_DISK_GB = 12


class Steps:
    """Prints what is being done, with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, text: str) -> None:
        """Print `text`, which is being done from now on."""
        print(f"{time.monotonic() - self._start:6.1f} s  {text}", file=sys.stderr, flush=True)


def add_kind(parser: argparse.ArgumentParser) -> None:
    """Declare `--cluster`: which kind of cluster is meant."""
    parser.add_argument("--cluster", choices=OURS, default=OURS[0], help="what it is made of (default: %(default)s)")


class up:  # noqa: N801 -- named as the command that it is
    """`seatrial up`."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        add_kind(parser)
        parser.add_argument("--name", default=DEFAULT_NAME, help="name of the cluster (default: %(default)s)")
        parser.add_argument("--nodes", type=int, default=1, metavar="R", help="real nodes (default: %(default)s)")
        parser.add_argument("--gpus-per-node", type=int, default=8, metavar="N",
                            help="fake GPUs of each real node (default: %(default)s)")
        parser.add_argument("--fake-nodes", metavar="PROFILE",
                            help=f"fake nodes to add: {', '.join(fake_nodes.profile_names())}, or a file")
        parser.add_argument("--platform", type=Path, metavar="DIR", help="install this platform folder")
        parser.add_argument("--report", type=Path, default=Path("seatrial-report"), metavar="DIR",
                            help="where logs are kept of a cluster that does not come up (default: %(default)s/)")
        parser.add_argument("--offline", action="store_true", help="pull no image: what is needed is there, or made")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Bring the cluster up, install the platform, say how to use it."""
        from conformance import components, platform_folder  # noqa: PLC0415 -- slow, and only needed here

        if args.offline:
            os.environ[builds.OFFLINE_VARIABLE] = "1"
        folder = platform_folder.load(args.platform) if args.platform else None
        say = Steps()
        if folder:
            builds.build()  # before anything runs; without a platform `up` builds the little it needs
        diagnostics = args.report / "diagnostics" / args.name
        try:
            cluster = kind_of(args.cluster).maker.up(
                args.name, real_nodes=args.nodes, gpus_per_node=args.gpus_per_node, diagnostics=diagnostics,
                profile=args.fake_nodes or (folder.nodes if folder else None), say=say)
        except (SeatrialError, Unmet):
            if diagnostics.is_dir():
                say(f"events and logs of the cluster are kept in {diagnostics}")
            raise
        if folder:
            components.install(cluster.api, folder, cluster.load_images, say)
        say(f"cluster {args.name} is up")
        print(f"export KUBECONFIG={cluster.kubeconfig}")
        return 0


class status:  # noqa: N801
    """`seatrial status`."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        parser.add_argument("--output", choices=("text", "json"), default="text", help="form of the answer")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """List the clusters."""
        found = [{"kind": kind, **one} for kind in OURS for one in kind_of(kind).maker.status()]
        if args.output == "json":
            print(json.dumps(found, indent=2))
        elif not found:
            print("no cluster is up; bring one up with: seatrial up")
        for cluster in found if args.output == "text" else ():
            print(f"{cluster['name']:20} {cluster['kind']:6} {cluster['state']:9} {cluster['real_nodes']} real  "
                  f"{cluster['server']}  {cluster['kubeconfig']}")
        return 0


class kubeconfig:  # noqa: N801
    """`seatrial kubeconfig`."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        add_kind(parser)
        parser.add_argument("--name", default=DEFAULT_NAME, help="name of the cluster (default: %(default)s)")
        parser.add_argument("--raw", action="store_true", help="print the file, not its path")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Print the path, or the content."""
        path = kind_of(args.cluster).maker.attach(args.name).kubeconfig
        print(path.read_text() if args.raw else path)
        return 0


class down:  # noqa: N801
    """`seatrial down`."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        parser.add_argument("--cluster", choices=(*OURS, EXISTING), default=OURS[0],
                            help="what it is made of; existing: the cluster stays, what runs made on it goes "
                                 "(default: %(default)s)")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--name", help=f"name of the cluster (default: {DEFAULT_NAME})")
        which.add_argument("--all", action="store_true",
                           help="all clusters of this machine, also those in use, and what crashed ones left")
        for option in CONNECTION:
            parser.add_argument(option.flag, **option.given)
        parser.add_argument("--prefix", metavar="PREFIX",
                            help="of the namespaces that --allow-changes named (default: all that bear our label)")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Take clusters down, or remove what runs left on somebody's."""
        if args.cluster == EXISTING:
            return _clear(args)
        for option in ("kubeconfig", "context", "prefix"):
            if getattr(args, option):
                raise UsageError(f"--{option} is about a cluster that exists", f"add --cluster {EXISTING}")
        name = args.name or DEFAULT_NAME
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
    from conformance.objects import Api  # noqa: PLC0415

    if args.all or args.name:
        raise UsageError(f"{'--all' if args.all else '--name'} is about clusters of this machine", "leave it out")
    api = Api.open(args.kubeconfig and Path(args.kubeconfig), args.context, outage_s=existing.OUTAGE_S)
    print(f"context {api.context}: {api.host}", file=sys.stderr)
    found = existing.clear(api, checked_prefix(args.prefix) if args.prefix else None)
    print("\n".join(f"gone: {one}" for one in found) if found else "there was nothing to remove")
    return 0


class doctor:  # noqa: N801
    """`seatrial doctor`."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        add_kind(parser)

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Say what is there and what is missing; 1 when something is missing for the kind of cluster asked for."""
        lacks = kind_of(args.cluster).maker.missing()
        try:
            print(f"ok       Go: {toolchain.find_go(WANTED_GO).path}")
        except SeatrialError as error:
            if any(built is None for _, built in builder.state()):
                lacks.append((error.message, error.way_out))
            else:
                print("ok       everything is built: no Go toolchain is needed")
        free_gb = shutil.disk_usage(Path.home()).free / 1e9
        if free_gb < WANTED_DISK_GB:
            lacks.append((f"{free_gb:.0f} GB of disk are free, a first build takes {WANTED_DISK_GB}", "free some"))
        print(f"ok       {platform.system()} {platform.release()}, Python {platform.python_version()}, "
              f"{free_gb:.0f} GB free")
        for what, mend in lacks:
            print(f"MISSING  {what}\n         mend it with: {mend}")
        if not lacks:
            print(f"This machine can run {args.cluster} clusters.")
        for kind in OURS:
            for what, mend in kind_of(kind).maker.missing() if kind != args.cluster else ():
                print(f"For --cluster {kind} it lacks {what}\n         mend it with: {mend}")
        return 1 if lacks else 0
