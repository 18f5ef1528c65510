"""The command `seatrial`: reads the command line, hands over to the part that does it, tells how it ended.

Exit codes: 0 all held, 1 something did not, 2 the command line or an input is wrong, 3 our error, 130 interrupted.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from conformance.errors import SeatrialError, UsageError

OK, FAILED, USAGE, ERROR, INTERRUPTED = 0, 1, 2, 3, 130

COMMANDS = {
    "run": ("conformance.running", "prove what a platform promises",
            "seatrial run\n"
            "seatrial run --platform my-platform/\n"
            "seatrial run --platform my-platform/ --only scheduling -k quota\n"
            "seatrial run --prove        (every check is seen failing)"),
    "up": ("conformance.commands:up", "bring a local cluster up",
           "seatrial up\n"
           "seatrial up --name big --nodes 2 --fake-nodes five-hundred-twelve\n"
           "seatrial up --platform reference-manifests/team-queues"),
    "status": ("conformance.commands:status", "list the local clusters", "seatrial status --output json"),
    "kubeconfig": ("conformance.commands:kubeconfig", "print where a local cluster's kubeconfig is",
                   "export KUBECONFIG=$(seatrial kubeconfig)"),
    "down": ("conformance.commands:down", "take local clusters down, and what a crash left",
             "seatrial down\nseatrial down --name big\nseatrial down --all"),
    "doctor": ("conformance.commands:doctor", "say what this machine lacks, and what mends it",
               "seatrial doctor"),
    "build": ("conformance.builds.command", "build the servers from their pinned sources",
              "seatrial build\nseatrial build kueue kwok\nseatrial build --list"),
    "promises": ("conformance.promises_command", "show what a platform folder promises, and what does not fit",
                 "seatrial promises my-platform/"),
}
"""Name: where `add_arguments` and `run` are (a module, or a class of functions in it), what it does, examples."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="seatrial", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Sea trials for a GPU platform on Kubernetes: a real cluster with fake GPUs on this machine,\n"
                    "a platform on it, and what it promises proved.",
        epilog="exit codes:\n  0 all held   1 something did not   2 wrong usage or input   3 our error")
    top.add_argument("--version", action="version", version=f"seatrial {version('seatrial')}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (where, what, examples) in COMMANDS.items():
        indented = "\n".join(f"  {line}" for line in examples.splitlines())
        command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.",
                                      epilog=f"examples:\n{indented}",
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
        handler = _load(where)
        handler.add_arguments(command)
        command.set_defaults(run=handler.run)
    return top


def _load(where: str):  # type: ignore[no-untyped-def]  # a module or a class: both have the two functions
    module, _, inner = where.partition(":")
    found = importlib.import_module(module)
    return getattr(found, inner) if inner else found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    args = parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except UsageError as error:
        return _tell(error, USAGE)
    except SeatrialError as error:
        return _tell(error, ERROR)
    except AssertionError as error:
        # A wait that ended unmet outside a behaviour is about the ground, not about the platform.
        return _tell(error, ERROR)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has had enough; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _tell(error: Exception, code: int) -> int:
    print(f"seatrial: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
