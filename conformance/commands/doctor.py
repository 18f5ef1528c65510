"""`seatrial doctor`: what this machine lacks, and the command that mends it."""

import argparse
import platform
import shutil
from pathlib import Path

from conformance.builds import builder, catalogue, toolchain
from conformance.clusters import OURS, kind_of
from conformance.commands import Purpose, add_cluster_option
from conformance.errors import SeatrialError

PURPOSE = Purpose.CLUSTERS
HELP = "say what this machine lacks, and what mends it"
EXAMPLES = (
    "seatrial doctor\n"
    "seatrial doctor --cluster kind\n"
)

WANTED_DISK_GB = 12

def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    add_cluster_option(parser)


def run(args: argparse.Namespace) -> int:
    """Say what is there and what is missing; 1 when something is missing for the kind of cluster asked for."""
    lacks = kind_of(args.cluster).maker.missing()
    try:
        print(f"ok       Go: {toolchain.find_go(catalogue.go_needed()).path}")
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
    print(f"ok       nodes of --cluster {args.cluster} run on {kind_of(args.cluster).maker.container_runtime()}")
    for what, mend in lacks:
        print(f"MISSING  {what}\n         mend it with: {mend}")
    if not lacks:
        print(f"This machine can run {args.cluster} clusters.")
    for kind in OURS:
        for what, mend in kind_of(kind).maker.missing() if kind != args.cluster else ():
            print(f"For --cluster {kind} it lacks {what}\n         mend it with: {mend}")
    return 1 if lacks else 0
