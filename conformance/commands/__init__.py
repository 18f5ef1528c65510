"""The commands of `seatrial`, a module each, found by walking: its name is the command.

A module has `PURPOSE` (under which heading it is listed), `HELP` (a line), `EXAMPLES` (lines of a shell),
`add_arguments(parser)` and `run(args)`, which returns the exit code. What several commands say alike is here.
"""

import argparse
import sys
import time
from enum import Enum
from typing import Any


class Purpose(Enum):
    """The headings under which `seatrial` alone lists its commands, in this order."""

    PROVE = "prove what a platform promises"
    JUDGE = "judge manifests"
    SIZE = "plan"
    CLUSTERS = "clusters of your own"
    EXTEND = "add to Seatrial"


def told(called: str, what: str, examples: str) -> dict[str, Any]:
    """Return what the help of a command says, or of a part of one, as arguments of `add_parser`.

    `called` is how it is called, for example `report show`, `what` says what it does. Of the `examples`, lines of a
    shell, it shows those that call it.
    """
    lines = [f"  {line}" for line in examples.splitlines() if f"seatrial {called}" in line]
    return {"description": f"{what[0].upper()}{what[1:]}.", "epilog": "\n".join(["examples:", *lines]),
            "formatter_class": argparse.RawDescriptionHelpFormatter}


class Steps:
    """Prints what is being done, with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, text: str) -> None:
        """Print `text`, which is being done from now on."""
        print(f"{time.monotonic() - self._start:6.1f} s  {text}", file=sys.stderr, flush=True)


def add_cluster_option(parser: argparse.ArgumentParser) -> None:
    """Declare `--cluster`: which kind of cluster is meant, of those that Seatrial makes."""
    from conformance.clusters import OURS  # noqa: PLC0415 -- `seatrial size` needs no cluster

    parser.add_argument("--cluster", choices=OURS, default=OURS[0],
                        help="kind of cluster: local (nodes are Linux namespaces) or kind (nodes are "
                        "containers) (default: %(default)s)")
